# The command alone in an image: a fake Kuzzle for tests in any language. The store is in memory, and nobody has to log in.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /kuzzlite ./cmd/kuzzlite

FROM scratch
COPY --from=build /kuzzlite /kuzzlite
EXPOSE 7512
ENTRYPOINT ["/kuzzlite"]
CMD ["serve", "--memory", "--open", "--listen", "0.0.0.0:7512"]
