// Package dates reads and prints dates as Elasticsearch 8.17 does: the formats of a mapping, the values of documents,
// and the dates of queries with their date math, rounding and time zones.
//
// # Where the rules come from
//
// The rules were observed, not taken from documentation: the named formats, the patterns of java.time's
// DateTimeFormatter, the default values for missing parts, and the texts of errors were compared with Elasticsearch
// 8.17.1 on Java 17, value by value. Some of the rules are surprising, and kept on purpose:
//
//   - strict_date takes 2021-02-29, and means 1 March.
//   - A bound that is rounded up (gt and lte) takes 2021-02-29 for 28 February in all formats but the ISO ones.
//   - "2020T10" is ten o'clock on 1 January 1970, unless it is rounded up.
//   - Text, such as Feb or PM, is English and must have the right case.
//   - Weeks of the pattern letters Y, w, e and c start on Sunday, week 1 holds 1 January. The named week formats have
//     ISO weeks.
//
// # Limits
//
// Dates are milliseconds since 1970 in an int64; a fraction is cut towards the past. The parser keeps nanoseconds until
// the last step, [Format.Document] and [Format.Query] drop them there: a field of type date_nanos would need a twin of
// both that returns instant.nanos.
//
// The pattern letters W, F, g, B and v and time-zone names other than those of the tz database and a few common
// abbreviations are refused with an error that names them. A format has at most [MaxFormat] bytes, a value at most
// [MaxValue]. Matching a value against a pattern never goes back further than to the start of an optional part, so that
// its cost is at most the length of the pattern times the length of the value.
//
// Regions such as Europe/Paris come from the zone database of the machine or from the package time/tzdata, which is not
// imported here because of its size. On a machine without that database regions are unknown, and a date or a query that
// names one is refused; Z, UTC and offsets such as +01:00 always work.
//
// # Costs
//
// Dates as programs write them (2024-01-05, 2024-01-05T10:00:00.000Z, with an offset, or milliseconds) are parsed in
// well under a microsecond, and no parsed date allocates memory except where it names a region for the first time.
// Everything is safe for concurrent use.
package dates
