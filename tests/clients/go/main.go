// Runs every scenario of pgx and of lib/pq against the URL it is given and prints "name<tab>what it saw" for each.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lib/pq"
)

var moment = time.Date(2024, 2, 29, 1, 2, 3, 4000, time.UTC)

func scenario(name string, run func() (any, error)) {
	seen, err := run()
	if err != nil {
		seen = "FAILED " + strings.ReplaceAll(err.Error(), "\n", " ")
	}
	fmt.Printf("%s\t%v\n", name, seen)
}

func spaced(values ...any) string {
	return strings.TrimSuffix(fmt.Sprintln(values...), "\n")
}

func code(err error) string {
	var pgx *pgconn.PgError
	var libpq *pq.Error
	switch {
	case errors.As(err, &pgx):
		return pgx.Code
	case errors.As(err, &libpq):
		return string(libpq.Code)
	}
	return fmt.Sprint(err)
}

func withPgx(url string) {
	ctx := context.Background()
	connection, err := pgx.Connect(ctx, url)
	if err != nil {
		panic(err)
	}
	defer connection.Close(ctx)
	if _, err := connection.Exec(ctx, "CREATE TABLE g_pgx (id integer, name text, amount numeric(10,2), made timestamptz, tags text[], doc json)"); err != nil {
		panic(err)
	}
	defer connection.Exec(ctx, "DROP TABLE g_pgx")

	modes := map[string]pgx.QueryExecMode{"statement": pgx.QueryExecModeCacheStatement, "describe": pgx.QueryExecModeCacheDescribe,
		"describe each": pgx.QueryExecModeDescribeExec, "exec": pgx.QueryExecModeExec, "simple": pgx.QueryExecModeSimpleProtocol}
	for name, mode := range modes {
		scenario("pgx values "+name, func() (any, error) {
			var whole int32
			var text string
			var part float64
			var at time.Time
			var many []int32
			var bytes []byte
			err := connection.QueryRow(ctx, "SELECT $1::integer, $2::text, $3::float8, $4::timestamptz, $5::integer[], $6::bytea",
				mode, int32(7), "ü'x", 1.5, moment, []int32{1, 2}, []byte{0, 255}).Scan(&whole, &text, &part, &at, &many, &bytes)
			return spaced(whole, text, part, at.UTC(), many, bytes), err
		})
	}
	scenario("pgx insert and read", func() (any, error) {
		tag, err := connection.Exec(ctx, "INSERT INTO g_pgx VALUES ($1, $2, $3, $4, $5, $6)", 1, "ada", "1.50", moment, []string{"a", "b,c"}, map[string]int{"a": 1})
		if err != nil {
			return nil, err
		}
		var name string
		var tags []string
		var doc map[string]int
		err = connection.QueryRow(ctx, "SELECT name, tags, doc FROM g_pgx WHERE id = $1", 1).Scan(&name, &tags, &doc)
		return spaced(tag, name, tags, doc), err
	})
	scenario("pgx copy", func() (any, error) {
		rows := [][]any{}
		for i := 0; i < 10000; i++ {
			rows = append(rows, []any{int32(i), fmt.Sprint("n", i), moment, []string{"x"}})
		}
		return connection.CopyFrom(ctx, pgx.Identifier{"g_pgx"}, []string{"id", "name", "made", "tags"}, pgx.CopyFromRows(rows))
	})
	scenario("pgx batch", func() (any, error) {
		batch := &pgx.Batch{}
		for i := 0; i < 100; i++ {
			batch.Queue("SELECT $1::integer", i)
		}
		results := connection.SendBatch(ctx, batch)
		defer results.Close()
		sum := 0
		for i := 0; i < 100; i++ {
			var value int
			if err := results.QueryRow().Scan(&value); err != nil {
				return nil, err
			}
			sum += value
		}
		return sum, nil
	})
	scenario("pgx transactions", func() (any, error) {
		outer, err := connection.Begin(ctx)
		if err != nil {
			return nil, err
		}
		inner, err := outer.Begin(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := inner.Exec(ctx, "SELECT 1"); err != nil {
			return nil, err
		}
		if err := inner.Rollback(ctx); err != nil {
			return nil, err
		}
		if _, err := outer.Exec(ctx, "DELETE FROM g_pgx"); err != nil {
			return nil, err
		}
		if err := outer.Rollback(ctx); err != nil {
			return nil, err
		}
		var left int
		err = connection.QueryRow(ctx, "SELECT count(*) FROM g_pgx").Scan(&left)
		return left, err
	})
	scenario("pgx rows as structs", func() (any, error) {
		rows, err := connection.Query(ctx, "SELECT range::bigint AS number, 'x' AS text FROM range(1000)")
		if err != nil {
			return nil, err
		}
		type row struct {
			Number int64
			Text   string
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
		return len(all), err
	})
	scenario("pgx error", func() (any, error) {
		_, err := connection.Exec(ctx, "SELECT nobody")
		return code(err), nil
	})
	scenario("pgx pool", func() (any, error) {
		pool, err := pgxpool.New(ctx, url)
		if err != nil {
			return nil, err
		}
		defer pool.Close()
		for i := 0; i < 200; i++ {
			var value int
			if err := pool.QueryRow(ctx, "SELECT $1::integer", i).Scan(&value); err != nil || value != i {
				return value, err
			}
		}
		return "200", nil
	})
	scenario("pgx cancel", func() (any, error) {
		other, err := pgx.Connect(ctx, url)
		if err != nil {
			return nil, err
		}
		defer other.Close(ctx)
		stop, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		_, err = other.Exec(stop, "SELECT count(*) FROM range(1000000000000) WHERE range % 3 = 1")
		return errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err), nil
	})
}

func withLibPq(url string) {
	ctx := context.Background()
	db, err := sql.Open("postgres", url)
	if err != nil {
		panic(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE g_pq (id integer, name text)"); err != nil {
		panic(err)
	}
	defer db.Exec("DROP TABLE g_pq")
	scenario("pq values", func() (any, error) {
		var whole int
		var text string
		var at time.Time
		var bytes []byte
		var many []int64
		err := db.QueryRow("SELECT $1::integer, $2::text, $3::timestamptz, $4::bytea, $5::bigint[]", 7, "ü'x", moment, []byte{0, 255},
			pq.Array([]int64{1, 2})).Scan(&whole, &text, &at, &bytes, pq.Array(&many))
		return spaced(whole, text, at.UTC(), bytes, many), err
	})
	scenario("pq copy", func() (any, error) {
		transaction, err := db.Begin()
		if err != nil {
			return nil, err
		}
		statement, err := transaction.Prepare(pq.CopyIn("g_pq", "id", "name"))
		if err != nil {
			return nil, err
		}
		for i := 0; i < 1000; i++ {
			if _, err := statement.Exec(i, "copied"); err != nil {
				return nil, err
			}
		}
		if _, err := statement.Exec(); err != nil {
			return nil, err
		}
		if err := statement.Close(); err != nil {
			return nil, err
		}
		return "copied", transaction.Commit()
	})
	scenario("pq serializable", func() (any, error) {
		transaction, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true})
		if err != nil {
			return nil, err
		}
		var count int
		if err := transaction.QueryRow("SELECT count(*) FROM g_pq WHERE name = $1", "copied").Scan(&count); err != nil {
			return nil, err
		}
		return count, transaction.Commit()
	})
	scenario("pq error", func() (any, error) {
		_, err := db.Exec("SELECT nobody")
		return code(err), nil
	})
}

func main() {
	withPgx(os.Args[1])
	withLibPq(os.Args[1])
}
