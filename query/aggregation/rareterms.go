package aggregation

import "slices"

// rareTerms is rare_terms: a bucket for each value that few documents have.
type rareTerms struct {
	source
	most             int
	include, exclude []byte
}

func readRareTerms(n *node, raw []byte) (definition, error) {
	d := &rareTerms{most: 1}
	precision := 0.001
	anyValue := func(to *[]byte) option {
		return option{`"[{`, func(raw []byte) error { *to = raw; return checkKeyList(raw) }}
	}
	err := n.readSource(&d.source, raw, options{
		"max_doc_count": {`0"`, func(raw []byte) error {
			if err := integer(&d.most, 1).read(raw); err != nil || d.most > 100 {
				return n.wrong("[max_doc_count] must be in (0,100]. Found [%s] in [%s]", textOf(raw), n.name)
			}
			return nil
		}},
		"include": anyValue(&d.include), "exclude": anyValue(&d.exclude),
		"precision": {`0"`, func(raw []byte) error { // the counts are exact: any precision is met
			if err := number(&precision).read(raw); err != nil || precision < 0.00001 || precision > 1 {
				return n.wrong("[precision] must be between 0.00001 and 1. Found [%s] in [%s]", textOf(raw), n.name)
			}
			return nil
		}},
	})
	return d, err
}

func (d *rareTerms) bind(b *binder, p *plan) error {
	f, err := b.field(p, &d.source, terms)
	if err != nil {
		return err
	}
	p.fields = []*field{f}
	if p.own, err = keepsOf(p, f, d.include, d.exclude, b.r.now); err != nil {
		return err
	}
	if err := b.r.shows(p, f); err != nil {
		return err
	}
	return b.subs(p, p.scope)
}

func (d *rareTerms) start(r *run, _ *node) state {
	r.use(mapSize)
	return &rareState{termsState{buckets: map[string]*bucket{}}, d.most}
}

// rareState collects as terms does.
type rareState struct {
	termsState
	most int
}

func (s *rareState) finish(r *run, n *node) *result {
	var list []ranked
	for key, b := range s.buckets {
		if b.count <= int64(s.most) {
			list = append(list, ranked{key: key, bucket: b})
		}
	}
	n.rank(list, []orderKey{{by: byCount}})
	res := &result{multi: true}
	r.answerKeys(n, res, slices.Clip(list), false)
	return res
}
