// Package geo knows points on the earth: how documents and queries write them, how far apart they are, and whether a
// circle, a box or a polygon contains them.
//
// It has two flavours. The one of Elasticsearch 8.17.1 (Lucene 9.12.0) is for search: [Points] reads the points of a
// document, [Parse] the points of a query, and [Circle], [Box] and [Polygon] are geo_distance, geo_bounding_box and
// geo_polygon. The one of Koncorde 4.7.0 is for filters on notifications: [KoncordePoint],
// [KoncordeCircle], [KoncordeBox] and [KoncordePolygon]. The two differ in nearly everything: the order of a pair, the
// point that a geohash stands for, the radius of the earth, and whether the edges of a polygon are straight on a map or
// on the globe. What both do was found by running both on the same input.
//
// Latitudes and longitudes are in degrees, distances in metres.
//
// Errors are worded as Elasticsearch or Koncorde word them, without what their callers put in front, such as
// "failed to parse [geo_bounding_box] query. " or the path of a filter.
//
// Raw JSON that is passed in must be valid, as package rawjson accepts it. Invalid JSON does no harm: the result is an
// error or a wrong point.
//
// Costs: reading a point is linear in its text and does not allocate, unless a string holds escapes or a number has
// more than 32 bytes, or the result is an error. Distances, circles and boxes take constant time. A polygon takes time
// in proportion to its vertices at worst. Everything may be used by several goroutines at once.
package geo
