package geo

import (
	"unicode/utf8"
)

const geohashDigits = "0123456789bcdefghjkmnpqrstuvwxyz"

// geohashValues has the value of each character of a geohash plus one, and 0 for those that geohashes do not have.
var geohashValues = func() (values [256]byte) {
	for i, c := range []byte(geohashDigits) {
		values[c] = byte(i + 1)
	}
	return values
}()

// maxGeohash is how many characters of a geohash count in Elasticsearch: the rest is not looked at.
const maxGeohash = 12

// A cell is the part of the earth that a geohash stands for.
type cell struct {
	south, west, north, east float64
}

// geohash returns the cell of a geohash in Elasticsearch's way.
func geohash(hash []byte) (cell, error) {
	if len(hash) == 0 {
		return cell{}, refuse("empty geohash")
	}
	c := world
	for i := range hash {
		if i == maxGeohash {
			break
		}
		v := geohashValues[hash[i]]
		if v == 0 {
			symbol, _ := utf8.DecodeRune(hash[i:])
			return cell{}, refuse("unsupported symbol [%c] in geohash [%s]", symbol, hash)
		}
		c.descend(v-1, i%2 == 0)
	}
	return c, nil
}

var world = cell{south: -90, west: -180, north: 90, east: 180}

// descend makes c one of its 32 parts. Each of the five bits of part halves c, by turns in longitude and latitude.
func (c *cell) descend(part byte, lonFirst bool) {
	lon := lonFirst
	for bit := byte(16); bit > 0; bit >>= 1 {
		low, high := &c.south, &c.north
		if lon {
			low, high = &c.west, &c.east
		}
		mid := (*low + *high) / 2
		if part&bit != 0 {
			*low = mid
		} else {
			*high = mid
		}
		lon = !lon
	}
}
