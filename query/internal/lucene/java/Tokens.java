import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.core.KeywordAnalyzer;
import org.apache.lucene.analysis.core.SimpleAnalyzer;
import org.apache.lucene.analysis.core.StopAnalyzer;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;

/** The tokens of texts. */
final class Tokens {
  private Tokens() {}

  /** Makes an analyzer as Elasticsearch does. */
  static Analyzer analyzer(String name) {
    return switch (name) {
      case "standard" -> new StandardAnalyzer(CharArraySet.EMPTY_SET);
      case "simple" -> new SimpleAnalyzer();
      case "whitespace" -> new WhitespaceAnalyzer();
      case "keyword" -> new KeywordAnalyzer();
      case "stop" -> new StopAnalyzer(EnglishAnalyzer.ENGLISH_STOP_WORDS_SET);
      default -> throw new IllegalArgumentException(name);
    };
  }

  /** Reads an analyzer and texts, and answers for each text its tokens. */
  static void answer(Wire wire) throws IOException {
    List<String> texts = new ArrayList<>();
    try (Analyzer analyzer = analyzer(wire.text())) {
      for (int left = wire.number(); left > 0; left--) {
        texts.add(wire.text());
      }
      for (String text : texts) {
        answer(analyzer, text, wire);
      }
    }
  }

  /** Answers each token with 1 before it, and 0 behind all. */
  private static void answer(Analyzer analyzer, String text, Wire wire) throws IOException {
    int[] bytes = bytes(text);
    int position = -1;
    try (TokenStream stream = analyzer.tokenStream("f", text)) {
      CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
      PositionIncrementAttribute increment = stream.addAttribute(PositionIncrementAttribute.class);
      OffsetAttribute offsets = stream.addAttribute(OffsetAttribute.class);
      stream.reset();
      while (stream.incrementToken()) {
        position += increment.getPositionIncrement();
        wire.write(1);
        wire.write(term.toString());
        wire.write(position);
        wire.write(bytes[offsets.startOffset()]);
        wire.write(bytes[offsets.endOffset()]);
      }
      stream.end();
    }
    wire.write(0);
  }

  /** Returns for each UTF-16 unit, and for the end, how many bytes of UTF-8 are before it; -1 inside a code point. */
  private static int[] bytes(String text) {
    int[] bytes = new int[text.length() + 1];
    int sum = 0;
    for (int i = 0; i < text.length(); ) {
      int code = text.codePointAt(i);
      bytes[i] = sum;
      if (Character.charCount(code) == 2) {
        bytes[i + 1] = -1;
      }
      sum += Character.toString(code).getBytes(StandardCharsets.UTF_8).length;
      i += Character.charCount(code);
    }
    bytes[text.length()] = sum;
    return bytes;
  }
}
