package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// The bank of a soak: documents with some accounts each. Money only moves, so every consistent state has the same sum.

const (
	bankDocuments = 8
	bankAccounts  = 4 // in each
	bankStart     = 1000
	bankTotal     = bankDocuments * bankAccounts * bankStart
)

// balances are the accounts of one document.
type balances map[string]int

func bankID(n int) string { return "b" + strconv.Itoa(n) }

func bankIDs() (ids []string) {
	for n := range bankDocuments {
		ids = append(ids, bankID(n))
	}
	return ids
}

// foundBank writes the documents.
func foundBank(ctx context.Context, bank *kuzzlite.Collection) error {
	var items []kuzzlite.Write
	for _, id := range bankIDs() {
		b := balances{}
		for a := range bankAccounts {
			b[strconv.Itoa(a)] = bankStart
		}
		items = append(items, kuzzlite.Write{ID: id, Body: b})
	}
	_, err := bank.MCreate(ctx, items, &kuzzlite.WriteOptions{Atomic: true})
	return err
}

// move moves money inside a document.
func move(ctx context.Context, bank *kuzzlite.Collection, r *rand.Rand) error {
	from, to, amount := strconv.Itoa(r.IntN(bankAccounts)), strconv.Itoa(r.IntN(bankAccounts)), 1+r.IntN(50)
	_, err := bank.Mutate(ctx, bankID(r.IntN(bankDocuments)), func(d kuzzlite.Document) (any, error) {
		var b balances
		if err := json.Unmarshal(d.Source, &b); err != nil {
			return nil, err
		}
		b[from] -= amount
		b[to] += amount
		return balances{from: b[from], to: b[to]}, nil
	}, &kuzzlite.WriteOptions{RetryOnConflict: 3})
	return err
}

// transfer moves money from one document to another. It fails with ErrConflict if one of them moved meanwhile.
func transfer(ctx context.Context, bank *kuzzlite.Collection, r *rand.Rand) error {
	from := r.IntN(bankDocuments)
	to := (from + 1 + r.IntN(bankDocuments-1)) % bankDocuments
	amount, account := 1+r.IntN(50), strconv.Itoa(r.IntN(bankAccounts))
	found, err := bank.MGet(ctx, []string{bankID(from), bankID(to)})
	if err != nil {
		return err
	}
	if len(found.Successes) != 2 {
		return fmt.Errorf("the bank lost %v", found.Errors)
	}
	var items []kuzzlite.Upsert
	for i, d := range found.Successes {
		var b balances
		if err := json.Unmarshal(d.Source, &b); err != nil {
			return err
		}
		change := balances{account: b[account] - amount}
		if i == 1 {
			change = balances{account: b[account] + amount}
		}
		items = append(items, kuzzlite.Upsert{ID: d.ID, Changes: change, IfVersion: d.Version})
	}
	res, err := bank.MUpsert(ctx, items, &kuzzlite.WriteOptions{Atomic: true})
	if errors.Is(err, kuzzlite.ErrIncomplete) {
		return res.Err()
	}
	return err
}

// audit adds up all balances in one state.
func audit(ctx context.Context, bank *kuzzlite.Collection) error {
	found, err := bank.MGet(ctx, bankIDs())
	if err != nil {
		return err
	}
	sum, accounts := 0, 0
	for _, d := range found.Successes {
		var b balances
		if err := json.Unmarshal(d.Source, &b); err != nil {
			return err
		}
		for _, v := range b {
			sum += v
			accounts++
		}
	}
	if sum != bankTotal || accounts != bankDocuments*bankAccounts {
		return fmt.Errorf("the bank has %d in %d accounts, of %d", sum, accounts, bankTotal)
	}
	return nil
}

// auditBackup makes a backup, and audits and checks it.
func auditBackup(ctx context.Context, s *kuzzlite.Store, dir string, n int) (path string, err error) {
	path = filepath.Join(dir, oracle.BackupStart+strconv.Itoa(n))
	if _, err := s.BackupFile(ctx, path); err != nil {
		return path, err
	}
	b, err := kuzzlite.Open(path, &kuzzlite.Options{ReadOnly: true})
	if err != nil {
		return path, err
	}
	return path, errors.Join(oracle.Sound(ctx, b), audit(ctx, b.Collection(oracle.Index, "bank")), b.Close())
}
