// Runs every scenario of arrow-go's Flight SQL client and of its database/sql driver against host:port and prints "name<tab>what it
// saw" for each.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	_ "github.com/apache/arrow-go/v18/arrow/flight/flightsql/driver"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const endless = "SELECT count(*) FROM range(1000000000000) t(i) WHERE i % 3 = 1"

func scenario(name string, run func() (any, error)) {
	seen, err := run()
	if err != nil {
		seen = "FAILED " + err.Error()
	}
	fmt.Printf("%s\t%s\n", name, strings.ReplaceAll(fmt.Sprint(seen), "\n", " "))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

type client struct {
	*flightsql.Client
	ctx context.Context
}

// Every row of every endpoint as text, at most the first hundred of them.
func (c client) read(info *flight.FlightInfo, err error) ([]string, int64, error) {
	if err != nil {
		return nil, 0, err
	}
	var texts []string
	var count int64
	for _, endpoint := range info.Endpoint {
		reader, err := c.DoGet(c.ctx, endpoint.Ticket)
		if err != nil {
			return nil, 0, err
		}
		for reader.Next() {
			batch := reader.RecordBatch()
			count += batch.NumRows()
			for row := 0; row < int(batch.NumRows()) && len(texts) < 100; row++ {
				var values []string
				for _, column := range batch.Columns() {
					values = append(values, column.ValueStr(row))
				}
				texts = append(texts, strings.Join(values, " "))
			}
		}
		err = reader.Err()
		reader.Release()
		if err != nil {
			return nil, 0, err
		}
	}
	return texts, count, nil
}

func (c client) query(sql string) (any, error) {
	texts, _, err := c.read(c.Execute(c.ctx, sql))
	return texts, err
}

func (c client) listed(column int, info *flight.FlightInfo, err error) (any, error) {
	texts, _, err := c.read(info, err)
	var names []string
	for _, text := range texts {
		names = append(names, strings.Split(text, " ")[column])
	}
	return names, err
}

func numbers(from, to int32) arrow.RecordBatch {
	builder := array.NewInt32Builder(memory.DefaultAllocator)
	for i := from; i < to; i++ {
		builder.Append(i)
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "i", Type: arrow.PrimitiveTypes.Int32, Nullable: true}}, nil)
	return array.NewRecordBatch(schema, []arrow.Array{builder.NewArray()}, int64(to-from))
}

func withClient(address string) {
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64 << 20))}
	c := client{must(flightsql.NewClient(address, nil, []flight.ClientMiddleware{flight.NewClientCookieMiddleware()}, options...)), context.Background()}
	defer c.Close()
	must(c.ExecuteUpdate(c.ctx, "CREATE SCHEMA go_flight"))
	defer c.ExecuteUpdate(c.ctx, "DROP SCHEMA go_flight CASCADE")
	must(c.ExecuteUpdate(c.ctx, "CREATE TABLE go_flight.parent (i INTEGER PRIMARY KEY)"))
	must(c.ExecuteUpdate(c.ctx, "CREATE TABLE go_flight.child (i INTEGER REFERENCES go_flight.parent(i))"))

	values := []string{"true", "(-7)::TINYINT", "42", "9223372036854775807", "18446744073709551615::UBIGINT", "1.25::DECIMAL(10,2)", "0.1::DOUBLE", "'ü'",
		"DATE '2024-02-29'", "TIME '12:34:56'", "TIMESTAMP '2024-02-29 01:02:03'", "NULL::INTEGER", "[1, 2, NULL]", "{'a': 1}", "'b'::ENUM('a', 'b')"}
	for _, value := range values {
		scenario("value "+value, func() (any, error) { return c.query("SELECT " + value + " AS v") })
	}
	scenario("million rows", func() (any, error) {
		_, count, err := c.read(c.Execute(c.ctx, "SELECT range AS i, range::VARCHAR AS t FROM range(1000000)"))
		return count, err
	})
	scenario("poll", func() (any, error) {
		poll, err := c.ExecutePoll(c.ctx, "SELECT count(*) AS n FROM range(1000)", nil)
		for err == nil && poll.GetFlightDescriptor() != nil {
			poll, err = c.ExecutePoll(c.ctx, "", poll.GetFlightDescriptor())
		}
		if err != nil {
			return nil, err
		}
		texts, _, err := c.read(poll.GetInfo(), nil)
		return texts, err
	})
	scenario("poll of a long statement", func() (any, error) {
		poll, err := c.ExecutePoll(c.ctx, endless, nil)
		if err != nil {
			return nil, err
		}
		answer, err := c.CancelFlightInfo(c.ctx, &flight.CancelFlightInfoRequest{Info: poll.GetInfo()})
		if err != nil {
			return nil, err
		}
		_, err = c.ExecutePoll(c.ctx, "", poll.GetFlightDescriptor())
		return fmt.Sprint(len(poll.GetInfo().GetEndpoint()), answer.Status == flight.CancelStatusCancelled, " ", status.Code(err)), nil
	})
	scenario("schema", func() (any, error) {
		result, err := c.GetExecuteSchema(c.ctx, "SELECT 1.5::DECIMAL(10,2) AS d")
		if err != nil {
			return nil, err
		}
		schema, err := flight.DeserializeSchema(result.GetSchema(), memory.DefaultAllocator)
		return schema.Field(0).Type, err
	})
	scenario("error", func() (any, error) {
		_, err := c.Execute(c.ctx, "SELECT nobody")
		return fmt.Sprint(status.Code(err), " ", strings.Contains(fmt.Sprint(err), "nobody")), nil
	})
	scenario("update", func() (any, error) {
		return c.ExecuteUpdate(c.ctx, "INSERT INTO go_flight.parent SELECT range FROM range(10)")
	})
	scenario("prepared", func() (any, error) {
		statement, err := c.Prepare(c.ctx, "SELECT $1::INTEGER + 1 AS i")
		if err != nil {
			return nil, err
		}
		defer statement.Close(c.ctx)
		statement.SetParameters(numbers(41, 42))
		texts, _, err := c.read(statement.Execute(c.ctx))
		return fmt.Sprint(statement.ParameterSchema().Field(0).Type, " ", statement.DatasetSchema().Field(0).Type, " ", texts), err
	})
	scenario("prepared update", func() (any, error) {
		statement, err := c.Prepare(c.ctx, "INSERT INTO go_flight.parent VALUES (?)")
		if err != nil {
			return nil, err
		}
		defer statement.Close(c.ctx)
		statement.SetParameters(numbers(100, 600))
		return statement.ExecuteUpdate(c.ctx)
	})
	scenario("transactions", func() (any, error) {
		count := "SELECT count(*) AS n FROM go_flight.parent"
		kept := must(c.BeginTransaction(c.ctx))
		must(kept.ExecuteUpdate(c.ctx, "INSERT INTO go_flight.parent VALUES (1000)"))
		inside, _, err := c.read(kept.Execute(c.ctx, count))
		if err != nil {
			return nil, err
		}
		outside, _ := c.query(count)
		if err := kept.Commit(c.ctx); err != nil {
			return nil, err
		}
		lost := must(c.BeginTransaction(c.ctx))
		must(lost.ExecuteUpdate(c.ctx, "DELETE FROM go_flight.parent"))
		if err := lost.Rollback(c.ctx); err != nil {
			return nil, err
		}
		after, err := c.query(count)
		return fmt.Sprint(inside, outside, after), err
	})
	scenario("ingest", func() (any, error) {
		batches := []arrow.RecordBatch{numbers(0, 50000), numbers(50000, 100000)}
		reader := must(array.NewRecordReader(batches[0].Schema(), batches))
		taken, err := c.ExecuteIngest(c.ctx, reader, &flightsql.ExecuteIngestOpts{
			TableDefinitionOptions: &flightsql.TableDefinitionOptions{
				IfNotExist: flightsql.TableDefinitionOptionsTableNotExistOptionCreate, IfExists: flightsql.TableDefinitionOptionsTableExistsOptionFail},
			Table: "ingested", Schema: ptr("go_flight")})
		if err != nil {
			return nil, err
		}
		seen, err := c.query("SELECT count(*), sum(i) FROM go_flight.ingested")
		return fmt.Sprint(taken, seen), err
	})
	scenario("catalogs", func() (any, error) {
		info, err := c.GetCatalogs(c.ctx)
		names, err := c.listed(0, info, err)
		return strings.Contains(fmt.Sprint(names), "tavana"), err
	})
	scenario("schemas", func() (any, error) {
		info, err := c.GetDBSchemas(c.ctx, &flightsql.GetDBSchemasOpts{DbSchemaFilterPattern: ptr("go\\_%")})
		return c.listed(1, info, err)
	})
	scenario("tables", func() (any, error) {
		info, err := c.GetTables(c.ctx, &flightsql.GetTablesOpts{DbSchemaFilterPattern: ptr("go\\_flight"), TableTypes: []string{"TABLE"}})
		return c.listed(2, info, err)
	})
	scenario("keys", func() (any, error) {
		schema := ptr("go_flight")
		info, err := c.GetPrimaryKeys(c.ctx, flightsql.TableRef{DBSchema: schema, Table: "parent"})
		primary, err := c.listed(3, info, err)
		if err != nil {
			return nil, err
		}
		info, err = c.GetImportedKeys(c.ctx, flightsql.TableRef{DBSchema: schema, Table: "child"})
		imported, err := c.listed(2, info, err)
		return fmt.Sprint(primary, imported), err
	})
	scenario("info", func() (any, error) {
		info, err := c.GetSqlInfo(c.ctx, []flightsql.SqlInfo{flightsql.SqlInfoFlightSqlServerName})
		texts, _, err := c.read(info, err)
		return strings.Contains(fmt.Sprint(texts), "Tavana"), err
	})
	scenario("xdbc types", func() (any, error) {
		_, count, err := c.read(c.GetXdbcTypeInfo(c.ctx, nil))
		return count > 10, err
	})
	scenario("session options", func() (any, error) {
		options := must(flight.NewSessionOptionValues(map[string]any{"TimeZone": "Asia/Tokyo"}))
		if _, err := c.SetSessionOptions(c.ctx, &flight.SetSessionOptionsRequest{SessionOptions: options}); err != nil {
			return nil, err
		}
		seen, err := c.query("SELECT current_setting('TimeZone') AS z")
		if err != nil {
			return nil, err
		}
		told, err := c.GetSessionOptions(c.ctx, &flight.GetSessionOptionsRequest{})
		return fmt.Sprint(seen, told.GetSessionOptions()["TimeZone"].GetStringValue()), err
	})
	scenario("cancel", func() (any, error) {
		info := must(c.Execute(c.ctx, "SELECT range AS i FROM range(5000000)"))
		answer, err := c.CancelFlightInfo(c.ctx, &flight.CancelFlightInfoRequest{Info: info})
		if err != nil {
			return nil, err
		}
		_, _, err = c.read(info, nil)
		return fmt.Sprint(answer.Status != flight.CancelStatusNotCancellable, " ", err != nil), nil
	})
	scenario("timeout", func() (any, error) {
		ctx, stop := context.WithTimeout(c.ctx, time.Second)
		defer stop()
		info, err := c.Execute(ctx, endless)
		if err == nil {
			_, _, err = client{c.Client, ctx}.read(info, nil)
		}
		return status.Code(err), nil
	})
	scenario("after it", func() (any, error) { return c.query("SELECT 1 AS i") })
}

func ptr[T any](value T) *T { return &value }

func withDatabase(address string) {
	db := must(sql.Open("flightsql", "flightsql://"+address+"?timeout=60s"))
	defer db.Close()
	scenario("sql values", func() (any, error) {
		var i int64
		var t string
		var d float64
		err := db.QueryRow("SELECT 7::BIGINT, 'ü''x', 1.5::DOUBLE").Scan(&i, &t, &d)
		return fmt.Sprint(i, t, d), err
	})
	scenario("sql parameters", func() (any, error) {
		var sum int64
		err := db.QueryRow("SELECT ?::BIGINT + length(?::VARCHAR)", int64(40), "xx").Scan(&sum)
		return sum, err
	})
	scenario("sql transactions", func() (any, error) {
		if _, err := db.Exec("CREATE TABLE go_sql (i BIGINT)"); err != nil {
			return nil, err
		}
		defer db.Exec("DROP TABLE go_sql")
		for i, keep := range []bool{true, false} {
			tx := must(db.Begin())
			if _, err := tx.Exec("INSERT INTO go_sql VALUES (?)", int64(i)); err != nil {
				return nil, err
			}
			if keep {
				must(0, tx.Commit())
			} else {
				must(0, tx.Rollback())
			}
		}
		var count int64
		err := db.QueryRow("SELECT count(*) FROM go_sql").Scan(&count)
		return count, err
	})
	scenario("sql rows", func() (any, error) {
		rows, err := db.Query("SELECT range FROM range(200000)")
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var sum, i int64
		for rows.Next() {
			if err := rows.Scan(&i); err != nil {
				return nil, err
			}
			sum += i
		}
		return sum, rows.Err()
	})
	scenario("sql pool", func() (any, error) {
		seen := make(chan int, 50)
		for i := 0; i < 50; i++ {
			go func() {
				var got int64
				if err := db.QueryRow(fmt.Sprintf("SELECT %d::BIGINT", i)).Scan(&got); err != nil {
					got = -1
				}
				seen <- int(got)
			}()
		}
		var all []int
		for i := 0; i < 50; i++ {
			all = append(all, <-seen)
		}
		sort.Ints(all)
		return fmt.Sprint(all[0], all[49]), nil
	})
	scenario("sql error", func() (any, error) {
		_, err := db.Exec("SELECT nobody")
		return strings.Contains(fmt.Sprint(err), "nobody"), nil
	})
}

func main() {
	withClient(os.Args[1])
	withDatabase(os.Args[1])
}
