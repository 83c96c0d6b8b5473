import java.io.IOException;

/** Says what Lucene makes of the texts and queries that come as standard input. The requests are those of lucene.go. */
final class Answers {
  private static final int UNASSIGNED = 1, TOKENS = 2, SCORES = 3;

  private Answers() {}

  public static void main(String[] args) throws IOException {
    Wire wire = new Wire(System.in, System.out);
    for (int request = wire.request(); request != 0; request = wire.request()) {
      switch (request) {
        case UNASSIGNED -> unassigned(wire);
        case TOKENS -> Tokens.answer(wire);
        case SCORES -> Scores.answer(wire);
        default -> throw new IOException("unknown request " + request);
      }
      wire.flush();
    }
  }

  /** Answers the code points that this Java's Unicode does not know, as pairs of a first and a last one. */
  private static void unassigned(Wire wire) throws IOException {
    for (int code = 0; code <= Character.MAX_CODE_POINT; code++) {
      int first = code;
      while (code <= Character.MAX_CODE_POINT && !Character.isDefined(code)) {
        code++;
      }
      if (code > first) {
        wire.write(first);
        wire.write(code - 1);
      }
    }
    wire.write(-1);
  }
}
