import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.DelegatingAnalyzerWrapper;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.similarities.BooleanSimilarity;
import org.apache.lucene.search.similarities.PerFieldSimilarityWrapper;
import org.apache.lucene.search.similarities.Similarity;
import org.apache.lucene.store.ByteBuffersDirectory;

/** The scores of documents. */
final class Scores {
  /** How a field is indexed. */
  private record Kind(Analyzer analyzer, FieldType type, int gap, boolean isConstant) {}

  private final Map<String, Kind> kinds = new HashMap<>();
  private final Similarity bm25 = new Legacy(), constant = new BooleanSimilarity();

  private Scores() {}

  /** Reads fields, documents and queries, and answers for each query the documents that match, with their scores. */
  static void answer(Wire wire) throws IOException {
    new Scores().read(wire);
  }

  private void read(Wire wire) throws IOException {
    for (int left = wire.number(); left > 0; left--) {
      kinds.put(wire.text(), kind(wire));
    }
    Analyzer analyzer = analyzer();
    IndexWriterConfig config = new IndexWriterConfig(analyzer).setSimilarity(similarity());
    try (ByteBuffersDirectory directory = new ByteBuffersDirectory();
        IndexWriter writer = new IndexWriter(directory, config)) {
      int documents = wire.number();
      for (int left = documents; left > 0; left--) {
        writer.addDocument(document(wire));
      }
      writer.forceMerge(1);
      try (DirectoryReader reader = DirectoryReader.open(writer)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        searcher.setSimilarity(config.getSimilarity());
        answer(wire, new Queries(wire, reader, analyzer), searcher, documents);
      }
    }
  }

  private Kind kind(Wire wire) throws IOException {
    Analyzer analyzer = Tokens.analyzer(wire.text());
    FieldType type = new FieldType();
    type.setTokenized(true);
    type.setIndexOptions(
        switch (wire.text()) {
          case "docs" -> IndexOptions.DOCS;
          case "freqs" -> IndexOptions.DOCS_AND_FREQS;
          case "offsets" -> IndexOptions.DOCS_AND_FREQS_AND_POSITIONS_AND_OFFSETS;
          default -> IndexOptions.DOCS_AND_FREQS_AND_POSITIONS;
        });
    type.setOmitNorms(wire.number() == 0);
    type.freeze();
    return new Kind(analyzer, type, wire.number(), wire.number() == 1);
  }

  private Analyzer analyzer() {
    return new DelegatingAnalyzerWrapper(Analyzer.PER_FIELD_REUSE_STRATEGY) {
      @Override
      protected Analyzer getWrappedAnalyzer(String field) {
        return kinds.get(field).analyzer();
      }

      @Override
      public int getPositionIncrementGap(String field) {
        return kinds.get(field).gap();
      }
    };
  }

  private Similarity similarity() {
    return new PerFieldSimilarityWrapper() {
      @Override
      public Similarity get(String field) {
        return kinds.containsKey(field) && kinds.get(field).isConstant() ? constant : bm25;
      }
    };
  }

  private Document document(Wire wire) throws IOException {
    Document document = new Document();
    for (int left = wire.number(); left > 0; left--) {
      String field = wire.text();
      document.add(new Field(field, wire.text(), kinds.get(field).type()));
    }
    return document;
  }

  private static void answer(Wire wire, Queries queries, IndexSearcher searcher, int documents) throws IOException {
    List<Query> list = new ArrayList<>();
    for (int left = wire.number(); left > 0; left--) {
      list.add(queries.read());
    }
    for (Query query : list) {
      ScoreDoc[] hits = searcher.search(query, Math.max(documents, 1)).scoreDocs;
      wire.write(hits.length);
      for (ScoreDoc hit : hits) {
        wire.write(hit.doc);
        wire.write(hit.score);
      }
    }
  }
}
