package geo

import (
	"math"
	"testing"
)

// What Koncorde's index of shapes said: whether the circle has the point, and whether the ring from half of the radius
// to the whole has it.
var koncordeCircles = []struct {
	centre       Point
	meters       float64
	at           Point
	circle, ring bool
}{
	{
		Point{45.52541255950928, -131.3320255279541}, 5460.524424608902,
		Point{45.57435543963088, -131.32736193826088}, true, true,
	},
	{
		Point{67.6713690161705, -121.26833438873291}, 3836.591080331888,
		Point{67.67059369461153, -121.31364107834958}, true, true,
	},
	{
		Point{-57.22132444381714, 74.31535363197327}, 4749.867758430583,
		Point{-57.26391444751284, 74.3154717907878}, true, true,
	},
	{
		Point{14.483188390731812, -109.23877716064453}, 325.6369646333044,
		Point{14.485975979075551, -109.23809310237232}, true, true,
	},
	{
		Point{-5.738661289215088, 42.92165279388428}, 7225.924082978573,
		Point{-5.766925546102872, 42.98038575650935}, true, true,
	},
	{
		Point{-49.177658557891846, 15.925337076187134}, 78778.22182112311,
		Point{-49.19053918690603, 16.466311295656624}, true, true,
	},
	{
		Point{-59.47678327560425, -176.37857794761658}, 1535902.570554074,
		Point{-66.24262846222528, -179.46310169747886}, true, true,
	},
	{
		Point{70.9592342376709, -170.4063606262207}, 569574.5728557898,
		Point{73.42525607647235, -172.6200453261559}, true, true,
	},
	{
		Point{69.50875997543335, -132.12488651275635}, 746278.966205094,
		Point{75.10927745920279, -120.15972829066038}, true, true,
	},
	{
		Point{1.722434163093567, 74.96718406677246}, 1886.6942367857787,
		Point{1.7369485970849792, 74.975923792407}, true, true,
	},
	{
		Point{-20.79885721206665, -64.18543338775635}, 273749.9747749797,
		Point{-21.379553128856298, -63.030099487909524}, true, false,
	},
	{
		Point{66.50477170944214, 93.23028087615967}, 68046.32574913009,
		Point{66.50477170944214, 93.23028087615967}, true, false,
	},
	{
		Point{52.089571952819824, 150.92425346374512}, 8794207.34678559,
		Point{23.167941725995817, -174.13580329099898}, true, false,
	},
	{
		Point{0.4021596908569336, 139.57228660583496}, 1588.9731617095624,
		Point{0.39513144828118957, 139.57104723099542}, true, false,
	},
	{
		Point{8.926348686218262, -165.1427936553955}, 7502.339191390057,
		Point{8.949377296807564, -165.11799729047289}, true, false,
	},
	{
		Point{-18.56341302394867, -22.31576442718506}, 37391.26159977436,
		Point{-18.52301000644082, -22.14398351908835}, true, false,
	},
	{
		Point{87.09656707942486, -81.37701988220215}, 87202.86968147231,
		Point{87.09656707942486, -81.37701988220215}, true, false,
	},
	{
		Point{-19.643962383270264, -164.28847789764404}, 1438527.6529779206,
		Point{-24.824087324293174, -168.46405615562202}, true, false,
	},
	{
		Point{5.651596784591675, -99.21813011169434}, 1071.728669133364,
		Point{5.656370833120369, -99.21750996102975}, true, false,
	},
	{
		Point{-47.63199806213379, 177.25188374519348}, 3209682.6685492457,
		Point{-47.63199806213379, 177.25188374519348}, true, false,
	},
	{
		Point{19.278640151023865, 99.04994487762451}, 2033435.4944971856,
		Point{11.192847878397457, 81.43565271292846}, false, false,
	},
	{
		Point{74.26337242126465, 23.958263397216797}, 409.60184854803515,
		Point{74.26180031809548, 23.946002367195774}, false, false,
	},
	{
		Point{-64.71234798431396, -80.86889147758484}, 5477611.090224568,
		Point{-71.44539332081725, 56.13703219886861}, false, false,
	},
	{
		Point{-27.052395343780518, 88.7444257736206}, 277734.13800750923,
		Point{-30.161025371249863, 89.70457445252941}, false, false,
	},
	{
		Point{-71.4400316029787, -74.33550775051117}, 5274.2744345138635,
		Point{-71.41244978819049, -74.45645415284815}, false, false,
	},
	{
		Point{80.45494079589844, 127.69477844238281}, 54307.93396427923,
		Point{81.08986868513983, 129.05424919147595}, false, false,
	},
	{
		Point{-52.36513137817383, -44.483288526535034}, 4241212.606639891,
		Point{-66.95186675476921, 31.41701272653802}, false, false,
	},
	{
		Point{-87.64517068862915, -51.056761890649796}, 118607.18124071066,
		Point{-86.59570924012856, -54.77833735980033}, false, false,
	},
	{
		Point{-84.91502523422241, 168.95381435751915}, 582083.2262853644,
		Point{-80.73771027974628, -164.15081398573398}, false, false,
	},
	{
		Point{40.53337097167969, -163.0199432373047}, 55809.01274702685,
		Point{39.96860967075585, -162.92740428197715}, false, false,
	},
	{
		Point{0.09437084197998047, -114.38115119934082}, 291063.3937787692,
		Point{1.1138614803197024, -118.04066492491648}, false, false,
	},
	{
		Point{28.739376068115234, -114.09130096435547}, 3406.2789183964574,
		Point{28.713038569741727, -114.11891617829423}, false, false,
	},
}

func TestKoncordeCircle(t *testing.T) {
	for _, c := range koncordeCircles {
		if got := NewKoncordeCircle(c.centre, c.meters).Contains(c.at); got != c.circle {
			t.Errorf("%f m around %v has %v: %t", c.meters, c.centre, c.at, got)
		}
		ring, err := NewKoncordeRing(c.centre, c.meters/2, c.meters)
		if got := ring.Contains(c.at); got != c.ring || err != nil {
			t.Errorf("the ring of %f m around %v has %v: %t, %v", c.meters, c.centre, c.at, got, err)
		}
	}
	// The box around a circle at the equator cuts it off to the north and to the south.
	circle := NewKoncordeCircle(Point{0, 0}, 111319)
	if circle.Contains(Point{1, 0}) || KoncordeMeters(Point{0, 0}, Point{1, 0}) > 110600 {
		t.Error("the circle is not cut off to the north")
	}
	if !NewKoncordeCircle(Point{0, 179.9}, 25000).Contains(Point{0, -179.9}) {
		t.Error("a circle ends at the date line")
	}
	if !NewKoncordeCircle(Point{5, 5}, 0).Contains(Point{5, 5}) {
		t.Error("a circle of no size has no centre")
	}
}

// The smallest radius with which Koncorde's index of shapes finds a point, where no box is in the way.
func TestKoncordeMeters(t *testing.T) {
	for _, c := range []struct {
		a, b Point
		want float64
	}{
		{Point{65, 10}, Point{65.01, 10.01}, 1210.5913210985827},
		{Point{65, 10}, Point{66, 12}, 144913.22032331745},
		{Point{61, 5}, Point{62, 5.5}, 114573.92668200907},
		{Point{80, 0}, Point{75, 30}, 897629.0437676259},
		{Point{-70, 20}, Point{-64, 60}, 1827602.3161046605},
		{Point{5, 5}, Point{5, 5}, 0},
	} {
		for _, got := range []float64{KoncordeMeters(c.a, c.b), KoncordeMeters(c.b, c.a)} {
			if math.Abs(got-c.want) > 1e-4 {
				t.Errorf("from %v to %v: %f, not %f", c.a, c.b, got, c.want)
			}
		}
	}
}

func TestKoncordeRingError(t *testing.T) {
	for _, inner := range []float64{1, 2, math.Inf(1)} {
		_, err := NewKoncordeRing(Point{}, inner, 1)
		if text(err) != "inner radius must be smaller than outer radius" {
			t.Errorf("from %v: %v", inner, err)
		}
	}
}

// What Koncorde's index of shapes said.
var koncordeBoxes = []struct {
	box  Corners
	at   Point
	want bool
}{
	{Corners{Top: 72, Left: 22, Bottom: 63, Right: 52}, Point{72, 52}, true},
	{Corners{Top: 41, Left: -173, Bottom: -79, Right: -22}, Point{-19, 338}, true},
	{Corners{Top: 36, Left: 0, Bottom: -73, Right: 111}, Point{-18.5, 55.5}, true},
	{Corners{Top: 69, Left: -102, Bottom: -67, Right: 104}, Point{-67, -256}, true},
	{Corners{Top: -26, Left: -47, Bottom: -60, Right: 140}, Point{-43, 46.5}, true},
	{Corners{Top: -25, Left: -200, Bottom: -89, Right: 107}, Point{-89, 107}, true},
	{Corners{Top: 4, Left: -87, Bottom: -8, Right: -9}, Point{-2, -48}, true},
	{Corners{Top: 87, Left: 89, Bottom: 5, Right: 190}, Point{87, 89}, true},
	{Corners{Top: 50, Left: -154, Bottom: -39, Right: 49}, Point{-39, -172.7224588394165}, false},
	{Corners{Top: 61, Left: -100, Bottom: 31, Right: -93}, Point{46, 140.79957962036133}, false},
	{Corners{Top: 84, Left: -172, Bottom: 82, Right: 138}, Point{-14.536113739013672, 188}, false},
	{Corners{Top: -1, Left: -77, Bottom: -21, Right: 170}, Point{-67.614321783185, 170}, false},
	{Corners{Top: -26, Left: -47, Bottom: -60, Right: 140}, Point{-25.992751121520996, 500}, false},
	{Corners{Top: -66, Left: -175, Bottom: -76, Right: -81}, Point{65.27258634567261, 279}, false},
	{Corners{Top: 45, Left: -100, Bottom: -50, Right: 25}, Point{-2.5, 70.44962525367737}, false},
	{Corners{Top: 33, Left: 139, Bottom: -26, Right: 159}, Point{54.09938335418701, 139}, false},
	{Corners{Top: 2, Left: 1, Bottom: 1, Right: 2}, Point{1, 1}, true},
	{Corners{Top: 2, Left: 1, Bottom: 1, Right: 2}, Point{2, 2}, true},
	{Corners{Top: 2, Left: 1, Bottom: 1, Right: 2}, Point{math.NaN(), 2}, false},
}

func TestKoncordeBox(t *testing.T) {
	for _, c := range koncordeBoxes {
		b, err := NewKoncordeBox(c.box)
		if got := b.Contains(c.at); got != c.want || err != nil {
			t.Errorf("%v has %v: %t, %v", c.box, c.at, got, err)
		}
	}
	_, err := NewKoncordeBox(Corners{Top: 1, Left: 0, Bottom: 1, Right: 0})
	if text(err) != "min_lat argument cannot be greater or equal max_lat" {
		t.Errorf("no height: %v", err)
	}
	_, err = NewKoncordeBox(Corners{Top: 2, Left: 170, Bottom: 1, Right: -170})
	if text(err) != "min_lon argument cannot be greater or equal max_lon" {
		t.Errorf("over the date line: %v", err)
	}
}

func TestKoncordeContainsAllocatesNothing(t *testing.T) {
	p := Point{34, -118}
	c := NewKoncordeCircle(Point{34, -118.1}, 60000)
	b, _ := NewKoncordeBox(Corners{40, -125, 30, -115})
	g := NewKoncordePolygon([]Point{{40, -125}, {30, -125}, {30, -115}, {40, -115}})
	if n := testing.AllocsPerRun(100, func() {
		if !c.Contains(p) || !b.Contains(p) || !g.Contains(p) {
			t.Fatal("not inside")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
