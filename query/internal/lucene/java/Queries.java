import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.MultiTerms;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.queries.function.FunctionScoreQuery;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.DoubleValuesSource;
import org.apache.lucene.search.FuzzyQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.MultiPhraseQuery;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.QueryBuilder;

/** Reads queries, and makes of them what Elasticsearch makes of its clauses. */
final class Queries {
  private static final int AUTO = 3;

  private final Wire wire;
  private final IndexReader reader;
  private final Analyzer analyzer;

  Queries(Wire wire, IndexReader reader, Analyzer analyzer) {
    this.wire = wire;
    this.reader = reader;
    this.analyzer = analyzer;
  }

  Query read() throws IOException {
    String name = wire.text();
    return switch (name) {
      case "match_all" -> new MatchAllDocsQuery();
      case "term" -> new TermQuery(term());
      case "terms" -> new ConstantScoreQuery(new TermQuery(term()));
      case "prefix" -> new PrefixQuery(term());
      case "fuzzy" -> fuzzy(term(), wire.number(), wire.number(), wire.number() == 1, wire.number());
      case "match" -> match();
      case "match_phrase" -> phrase();
      case "match_phrase_prefix" -> phrasePrefix();
      case "match_bool_prefix" -> boolPrefix();
      case "bool" -> bool();
      case "dis_max" -> disMax();
      case "boosting" -> FunctionScoreQuery.boostByQuery(read(), read(), wire.real());
      case "constant_score" -> new ConstantScoreQuery(read());
      case "boost" -> new BoostQuery(read(), wire.real());
      default -> throw new IOException("unknown query " + name);
    };
  }

  private Term term() throws IOException {
    return new Term(wire.text(), wire.text());
  }

  /**
   * Where two fuzzy words stand for the same term, Lucene joins both, and takes the frequency that one of them has:
   * which one depends on a hash that is another one after each start. So it does in Elasticsearch. Here each stays by
   * itself.
   */
  private static Query fuzzy(Term term, int fuzziness, int prefixLength, boolean swaps, int most) {
    int edits = fuzziness;
    if (fuzziness == AUTO) {
      int length = term.text().codePointCount(0, term.text().length());
      edits = length < 3 ? 0 : length < 6 ? 1 : 2;
    }
    Query query = new FuzzyQuery(term, edits, prefixLength, most, swaps);
    return new FunctionScoreQuery(query, DoubleValuesSource.SCORES);
  }

  private static Query orNone(Query query) {
    return query == null ? new MatchNoDocsQuery() : query;
  }

  /** Reads the name of an analyzer; none: that of the fields. */
  private Analyzer named() throws IOException {
    String name = wire.text();
    return name.isEmpty() ? analyzer : Tokens.analyzer(name);
  }

  private Query match() throws IOException {
    String field = wire.text(), text = wire.text();
    Analyzer analyzer = named();
    Occur occur = wire.number() == 1 ? Occur.MUST : Occur.SHOULD;
    int least = wire.number(), fuzziness = wire.number(), prefixLength = wire.number();
    boolean swaps = wire.number() == 1;
    int most = wire.number();
    QueryBuilder builder =
        new QueryBuilder(analyzer) {
          @Override
          protected Query newTermQuery(Term term, float boost) {
            return fuzziness < 0 ? new TermQuery(term) : fuzzy(term, fuzziness, prefixLength, swaps, most);
          }
        };
    return orNone(atLeast(least, builder.createBooleanQuery(field, text, occur)));
  }

  private static Query atLeast(int least, Query query) {
    if (!(query instanceof BooleanQuery words) || least == 0) {
      return query;
    }
    BooleanQuery.Builder builder = new BooleanQuery.Builder().setMinimumNumberShouldMatch(least);
    words.clauses().forEach(builder::add);
    return builder.build();
  }

  private Query phrase() throws IOException {
    return orNone(new QueryBuilder(analyzer).createPhraseQuery(wire.text(), wire.text(), wire.number()));
  }

  /** The last word of the phrase stands for the first terms that begin with it. */
  private Query phrasePrefix() throws IOException {
    String field = wire.text();
    Query query = new QueryBuilder(analyzer).createPhraseQuery(field, wire.text(), 0);
    int slop = wire.number(), most = wire.number();
    MultiPhraseQuery.Builder builder = new MultiPhraseQuery.Builder().setSlop(slop);
    Term last;
    int at = 0;
    if (query instanceof TermQuery one) {
      last = one.getTerm();
    } else if (query instanceof PhraseQuery several) {
      Term[] terms = several.getTerms();
      int end = terms.length - 1;
      for (int i = 0; i < end; i++) {
        builder.add(new Term[] {terms[i]}, several.getPositions()[i]);
      }
      last = terms[end];
      at = several.getPositions()[end];
    } else {
      return orNone(query);
    }
    Term[] terms = beginning(last, most);
    return terms.length == 0 ? new MatchNoDocsQuery() : builder.add(terms, at).build();
  }

  private Term[] beginning(Term prefix, int most) throws IOException {
    List<Term> found = new ArrayList<>();
    Terms terms = MultiTerms.getTerms(reader, prefix.field());
    if (terms == null) {
      return new Term[0];
    }
    TermsEnum each = terms.iterator();
    BytesRef start = prefix.bytes();
    boolean more = each.seekCeil(start) != TermsEnum.SeekStatus.END;
    while (more && found.size() < most && begins(each.term(), start)) {
      found.add(new Term(prefix.field(), BytesRef.deepCopyOf(each.term())));
      more = each.next() != null;
    }
    return found.toArray(Term[]::new);
  }

  private static boolean begins(BytesRef term, BytesRef start) {
    return term.length >= start.length
        && new BytesRef(term.bytes, term.offset, start.length).bytesEquals(start);
  }

  /** The last word is a beginning. */
  private Query boolPrefix() throws IOException {
    String field = wire.text(), text = wire.text();
    Occur occur = wire.number() == 1 ? Occur.MUST : Occur.SHOULD;
    Query query = new QueryBuilder(analyzer).createBooleanQuery(field, text, occur);
    if (query instanceof TermQuery one) {
      return new PrefixQuery(one.getTerm());
    }
    if (!(query instanceof BooleanQuery words)) {
      return orNone(query);
    }
    BooleanQuery.Builder builder = new BooleanQuery.Builder();
    int left = words.clauses().size();
    for (BooleanClause clause : words) {
      left--;
      Query word = clause.getQuery();
      builder.add(left == 0 ? new PrefixQuery(((TermQuery) word).getTerm()) : word, clause.getOccur());
    }
    return builder.build();
  }

  private Query bool() throws IOException {
    BooleanQuery.Builder builder = new BooleanQuery.Builder();
    boolean isNegative = true;
    for (int left = wire.number(); left > 0; left--) {
      Occur occur = Occur.valueOf(wire.text());
      isNegative &= occur == Occur.MUST_NOT;
      builder.add(read(), occur);
    }
    if (isNegative) {
      builder.add(new MatchAllDocsQuery(), Occur.FILTER);
    }
    return builder.setMinimumNumberShouldMatch(wire.number()).build();
  }

  private Query disMax() throws IOException {
    List<Query> queries = new ArrayList<>();
    float share = wire.real();
    for (int left = wire.number(); left > 0; left--) {
      queries.add(read());
    }
    return new DisjunctionMaxQuery(queries, share);
  }
}
