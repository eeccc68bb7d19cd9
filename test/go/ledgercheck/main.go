// Command ledgercheck verifies a log of ours with the code of Go's checksum database, which knows nothing of us:
// golang.org/x/mod/sumdb/note for the checkpoint, golang.org/x/mod/sumdb/tlog for tiles and proofs.
//
//	ledgercheck -dir DIR -key VKEY [-witness VKEY] [-old CHECKPOINT] [-step N]
//
// It reads DIR/checkpoint and DIR/tile as a web server would serve them. Every entry is held against its hash in the tree, every Nth has its
// inclusion proved, and the tree is proved consistent with the older checkpoint if there is one. It prints one line and ends with 0, or
// says what is wrong and ends with 1.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

func main() {
	dir := flag.String("dir", "", "folder with checkpoint and tile/")
	key := flag.String("key", "", "verifier key of the log")
	witness := flag.String("witness", "", "verifier key of a witness that must have cosigned")
	old := flag.String("old", "", "file with an older checkpoint of the same log")
	step := flag.Int64("step", 97, "prove the inclusion of every Nth entry, and of the last")
	flag.Parse()
	tree, err := check(*dir, *key, *witness, *old, *step)
	if err != nil {
		fmt.Println("WRONG:", err)
		os.Exit(1)
	}
	fmt.Printf("ok %d %v\n", tree.N, tree.Hash)
}

func check(dir, key, witness, oldFile string, step int64) (tlog.Tree, error) {
	var none tlog.Tree
	verifiers, err := verifiersOf(key, witness)
	if err != nil {
		return none, err
	}
	tree, err := openCheckpoint(filepath.Join(dir, "checkpoint"), verifiers)
	if err != nil {
		return none, err
	}
	hashes := tlog.TileHashReader(tree, &folder{dir})
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return none, err
	}
	if root != tree.Hash {
		return none, errors.New("the tiles give another root")
	}
	if err := checkEntries(dir, tree, hashes, step); err != nil {
		return none, err
	}
	if oldFile == "" {
		return tree, nil
	}
	// An older checkpoint may be from before the witness.
	before, err := openCheckpoint(oldFile, verifiers[:1])
	if err != nil {
		return none, err
	}
	if before.N > tree.N {
		return none, fmt.Errorf("rolled back from %d entries to %d", before.N, tree.N)
	}
	proof, err := tlog.ProveTree(tree.N, before.N, hashes)
	if err != nil {
		return none, err
	}
	return tree, tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash)
}

func verifiersOf(key, witness string) ([]note.Verifier, error) {
	log, err := note.NewVerifier(key)
	if err != nil || witness == "" {
		return []note.Verifier{log}, err
	}
	cosigner, err := newCosigner(witness)
	return []note.Verifier{log, cosigner}, err
}

// openCheckpoint wants the signatures of all the verifiers.
func openCheckpoint(file string, verifiers []note.Verifier) (tlog.Tree, error) {
	var none tlog.Tree
	text, err := os.ReadFile(file)
	if err != nil {
		return none, err
	}
	signed, err := note.Open(text, note.VerifierList(verifiers...))
	if err != nil {
		return none, err
	}
	if len(signed.Sigs) != len(verifiers) {
		return none, fmt.Errorf("%d of %d signatures", len(signed.Sigs), len(verifiers))
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[0] != verifiers[0].Name() {
		return none, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return none, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

func checkEntries(dir string, tree tlog.Tree, hashes tlog.HashReader, step int64) error {
	for first := int64(0); first < tree.N; first += tileWidth {
		count := tree.N - first
		if count > tileWidth {
			count = tileWidth
		}
		leaves, err := leavesIn(filepath.Join(dir, "tile", "entries", tileName(first/tileWidth, int(count))), int(count))
		if err != nil {
			return err
		}
		indices := make([]int64, count)
		for i := range indices {
			indices[i] = tlog.StoredHashIndex(0, first+int64(i))
		}
		stored, err := hashes.ReadHashes(indices)
		if err != nil {
			return err
		}
		for i, leaf := range leaves {
			index := first + int64(i)
			if stored[i] != leaf {
				return fmt.Errorf("entry %d is not the one in the tree", index)
			}
			if index%step != 0 && index != tree.N-1 {
				continue
			}
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			if err != nil {
				return err
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
				return err
			}
		}
	}
	return nil
}

// leavesIn gives the hashes of the entries in a bundle, which must hold exactly as many.
func leavesIn(file string, count int) ([]tlog.Hash, error) {
	bundle, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var leaves []tlog.Hash
	for len(bundle) > 0 {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return nil, fmt.Errorf("%s is cut", file)
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		leaves = append(leaves, tlog.RecordHash(bundle[2:end]))
		bundle = bundle[end:]
	}
	if len(leaves) != count {
		return nil, fmt.Errorf("%s holds %d entries, not %d", file, len(leaves), count)
	}
	return leaves, nil
}

// folder reads tiles as tlog wants them; C2SP paths have no tile height in them.
type folder struct{ dir string }

func (f *folder) Height() int { return tileHeight }

func (f *folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		name := filepath.Join("tile", strconv.Itoa(tile.L), tileName(tile.N, tile.W))
		data, err := os.ReadFile(filepath.Join(f.dir, name))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f *folder) SaveTiles([]tlog.Tile, [][]byte) {}

func tileName(n int64, width int) string {
	name := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	if width != tileWidth {
		name += fmt.Sprintf(".p/%d", width)
	}
	return name
}

// cosigner verifies c2sp.org/tlog-cosignature, Ed25519: a time, and a signature over it and the text.
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("not a key of a witness")
	}
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(typed) != 1+ed25519.PublicKeySize || typed[0] != 4 {
		return nil, errors.New("not an Ed25519 key of a witness")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), typed...))
	id := binary.BigEndian.Uint32(sum[:4])
	if fmt.Sprintf("%08x", id) != parts[1] {
		return nil, errors.New("the id of the witness's key is wrong")
	}
	return &cosigner{parts[0], id, ed25519.PublicKey(typed[1:])}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.id }

func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	var message bytes.Buffer
	fmt.Fprintf(&message, "cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature), text)
	return ed25519.Verify(c.key, message.Bytes(), signature[8:])
}
