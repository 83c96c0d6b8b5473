import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Reads and writes values: numbers of four bytes, the high one first, and texts in UTF-8 behind their length. */
final class Wire {
  private final DataInputStream in;
  private final DataOutputStream out;

  Wire(InputStream in, OutputStream out) {
    this.in = new DataInputStream(new BufferedInputStream(in));
    this.out = new DataOutputStream(new BufferedOutputStream(out));
  }

  /** Reads a request; 0 is the end of the input. */
  int request() throws IOException {
    return Math.max(in.read(), 0);
  }

  int number() throws IOException {
    return in.readInt();
  }

  float real() throws IOException {
    return in.readFloat();
  }

  String text() throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }

  void write(int number) throws IOException {
    out.writeInt(number);
  }

  void write(float real) throws IOException {
    out.writeFloat(real);
  }

  void write(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  void flush() throws IOException {
    out.flush();
  }
}
