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
// The pattern letters W, F, g, B and v are refused with an error that names them. Time-zone names, the letter z, are
// those of the tz database and a few abbreviations such as CET and PST. Names of months and days are English: the
// parameter locale of a mapping has no counterpart here. Where a value names two zones, as in
// 2024-01-05T10:00:00+01:00Z, the first counts; Elasticsearch prefers the second in a query that has a time_zone.
//
// A format has at most [MaxFormat] bytes, a value at most [MaxValue]. Each part of a pattern is tried at most once for
// a value, so that no pattern makes reading slow: the cost grows with the length of the pattern.
//
// Regions such as Europe/Paris come from the zone database of the machine or from the package time/tzdata, which is not
// imported here because of its size. On a machine without that database regions are unknown, and a date or a query that
// names one is refused; Z, UTC and offsets such as +01:00 always work.
//
// # Costs
//
// A value is read in one pass for each name or pattern of its format that is tried. Dates as programs write them
// (2024-01-05, 2024-01-05T10:00:00.000Z, or with an offset) take a shortcut in the default format. Reading a right date
// allocates no memory, except where the date names a region for the first time: that reads files. Names of regions are
// remembered, unknown ones up to a limit. Everything is safe for concurrent use.
package dates
