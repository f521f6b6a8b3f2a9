// Runs every scenario of pgjdbc against the URL it is given and prints "name<tab>what it saw" for each, with "FAILED" and
// the error in place of what it saw where one was thrown.
import java.io.StringReader;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

public class Client {
  interface Scenario {
    Object run() throws Exception;
  }

  static void scenario(String name, Scenario scenario) {
    try {
      System.out.println(name + "\t" + scenario.run());
    } catch (Throwable thrown) {
      Throwable cause = thrown instanceof InvocationTargetException ? thrown.getCause() : thrown;
      System.out.println(name + "\tFAILED " + String.valueOf(cause).replace("\n", " "));
    }
  }

  static String url;

  static Connection connect(String options) throws SQLException {
    return DriverManager.getConnection(url + options);
  }

  static List<String> rows(ResultSet result, String... columns) throws SQLException {
    List<String> all = new ArrayList<>();
    while (result.next()) {
      StringJoiner row = new StringJoiner(" ");
      for (String column : columns) row.add(String.valueOf(result.getObject(column)));
      all.add(row.toString());
    }
    return all;
  }

  // What asks for a table gets one; everything else is asked for all there is.
  static Object[] argumentsFor(Method method) {
    Class<?>[] types = method.getParameterTypes();
    Object[] arguments = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      if (types[i] == boolean.class) arguments[i] = true;
      if (types[i] == int.class) arguments[i] = 1;
      if (types[i] == Class.class) arguments[i] = Object.class;
    }
    Set<String> ofOneTable = Set.of("getPrimaryKeys", "getImportedKeys", "getExportedKeys", "getIndexInfo", "getBestRowIdentifier",
        "getVersionColumns", "getColumns");
    if (ofOneTable.contains(method.getName())) arguments[2] = "j_child";
    if (method.getName().equals("getCrossReference")) {
      arguments[2] = "j_parent";
      arguments[5] = "j_child";
    }
    return arguments;
  }

  static Object call(DatabaseMetaData metadata, Method method) throws Exception {
    Object answer = method.invoke(metadata, argumentsFor(method));
    if (!(answer instanceof ResultSet)) return "a value";
    try (ResultSet result = (ResultSet) answer) {
      int rows = 0;
      for (; result.next(); rows++) {
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) result.getObject(i);
      }
      return rows + " rows";
    }
  }

  public static void main(String[] arguments) throws Exception {
    url = arguments[0];
    try (Connection connection = connect(""); Statement setup = connection.createStatement()) {
      setup.execute("CREATE TABLE j_parent (id serial PRIMARY KEY, name varchar NOT NULL, amount numeric(10,2) DEFAULT 1.5, made timestamptz, tags text[])");
      setup.execute("CREATE TABLE j_child (id integer PRIMARY KEY, parent_id integer REFERENCES j_parent(id), ratio double precision)");
      setup.execute("CREATE INDEX j_ratio ON j_child (ratio)");
      setup.execute("CREATE VIEW j_view AS SELECT id FROM j_parent");
      try {
        all(connection);
      } finally {
        setup.execute("DROP VIEW j_view");
        setup.execute("DROP TABLE j_child, j_parent");
      }
    }
  }

  static void all(Connection connection) throws Exception {
    DatabaseMetaData metadata = connection.getMetaData();
    for (Method method : DatabaseMetaData.class.getMethods()) {
      if (method.getDeclaringClass() == DatabaseMetaData.class) scenario("metadata." + method.getName(), () -> call(metadata, method));
    }
    scenario("tables", () -> rows(metadata.getTables(null, "public", "j\\_%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME", "TABLE_TYPE"));
    scenario("columns", () -> rows(metadata.getColumns(null, "public", "j_parent", null), "COLUMN_NAME", "TYPE_NAME", "IS_NULLABLE", "IS_AUTOINCREMENT"));
    scenario("primary key", () -> rows(metadata.getPrimaryKeys(null, null, "j_child"), "COLUMN_NAME", "KEY_SEQ"));
    scenario("imported keys", () -> rows(metadata.getImportedKeys(null, null, "j_child"), "PKTABLE_NAME", "PKCOLUMN_NAME", "FKCOLUMN_NAME"));
    scenario("indexes", () -> rows(metadata.getIndexInfo(null, null, "j_child", false, false), "INDEX_NAME", "COLUMN_NAME", "NON_UNIQUE"));

    scenario("values", () -> {
      String sql = "SELECT ?::integer, ?::bigint, ?::float8, ?::numeric(10,2), ?::text, ?::boolean, ?::date, ?::timestamp, ?::uuid, ?::bytea, ?::integer[]";
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setInt(1, 1);
        statement.setLong(2, 1L << 40);
        statement.setDouble(3, 1.5);
        statement.setBigDecimal(4, new BigDecimal("1.25"));
        statement.setString(5, "ü'x");
        statement.setBoolean(6, true);
        statement.setObject(7, LocalDate.of(2024, 2, 29));
        statement.setObject(8, LocalDateTime.of(2024, 2, 29, 1, 2, 3));
        statement.setObject(9, new UUID(0, 7));
        statement.setBytes(10, new byte[] {0, -1});
        statement.setArray(11, connection.createArrayOf("int4", new Integer[] {1, 2, null}));
        String seen = "";
        for (int run = 0; run < 8; run++) {  // from the fifth on the statement is prepared and the results are binary
          try (ResultSet result = statement.executeQuery()) {
            result.next();
            String row = result.getInt(1) + " " + result.getLong(2) + " " + result.getDouble(3) + " " + result.getBigDecimal(4) + " "
                + result.getString(5) + " " + result.getBoolean(6) + " " + result.getObject(7, LocalDate.class) + " "
                + result.getObject(8, LocalDateTime.class) + " " + result.getObject(9) + " " + Arrays.toString(result.getBytes(10)) + " "
                + Arrays.toString((Object[]) result.getArray(11).getArray());
            if (run > 0 && !row.equals(seen)) throw new Exception("differs when run again: " + row);
            seen = row;
          }
        }
        return seen;
      }
    });
    scenario("generated keys", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO j_parent (name, made) VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
        statement.setString(1, "ada");
        statement.setObject(2, OffsetDateTime.now());
        statement.executeUpdate();
        ResultSet keys = statement.getGeneratedKeys();
        keys.next();
        return keys.getInt("id");
      }
    });
    for (String mode : new String[] {"", "&reWriteBatchedInserts=true", "&preferQueryMode=simple", "&preferQueryMode=extendedForPrepared"}) {
      scenario("batch" + mode, () -> {
        try (Connection other = connect(mode); PreparedStatement statement = other.prepareStatement("INSERT INTO j_parent (name, amount) VALUES (?, ?)")) {
          other.setAutoCommit(false);
          for (int i = 0; i < 500; i++) {
            statement.setString(1, "batch" + mode);
            statement.setBigDecimal(2, new BigDecimal("2.25"));
            statement.addBatch();
          }
          int batches = statement.executeBatch().length;
          other.commit();
          try (PreparedStatement count = other.prepareStatement("SELECT count(*), sum(amount) FROM j_parent WHERE name = ?")) {
            count.setString(1, "batch" + mode);
            ResultSet result = count.executeQuery();
            result.next();
            return batches + " " + result.getInt(1) + " " + result.getBigDecimal(2);
          }
        }
      });
    }
    scenario("fetch size", () -> {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.setFetchSize(100);
        long sum = 0;
        try (ResultSet result = statement.executeQuery("SELECT range::bigint FROM range(100000)")) {
          while (result.next()) sum += result.getLong(1);
        }
        return sum;
      } finally {
        connection.commit();
        connection.setAutoCommit(true);
      }
    });
    scenario("copy", () -> {
      CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
      long taken = copy.copyIn("COPY j_child FROM STDIN (FORMAT csv)", new StringReader("1,1,2.5\n2,,3.5\n"));
      StringWriter out = new StringWriter();
      copy.copyOut("COPY (SELECT * FROM j_child ORDER BY id) TO STDOUT (FORMAT csv)", out);
      return taken + " " + out.toString().replace("\n", ";");
    });
    scenario("savepoint", () -> {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        Savepoint savepoint = connection.setSavepoint();
        statement.executeQuery("SELECT 1");
        connection.rollback(savepoint);
        connection.commit();
        return "back";
      } finally {
        connection.setAutoCommit(true);
      }
    });
    scenario("session", () -> {
      connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      connection.setReadOnly(true);
      connection.setReadOnly(false);
      connection.setSchema("public");
      connection.setNetworkTimeout(Runnable::run, 60000);
      return connection.isValid(5) + " " + connection.getSchema() + " " + connection.getCatalog() + " " + connection.getTransactionIsolation();
    });
    scenario("result metadata", () -> {
      try (Statement statement = connection.createStatement()) {
        ResultSetMetaData columns = statement.executeQuery("SELECT id, amount, tags, count(*) OVER () FROM j_parent").getMetaData();
        StringJoiner seen = new StringJoiner(" ");
        for (int i = 1; i <= columns.getColumnCount(); i++) {
          columns.getTableName(i);
          columns.isAutoIncrement(i);
          columns.isNullable(i);
          seen.add(columns.getColumnLabel(i) + ":" + columns.getColumnTypeName(i) + ":" + columns.getPrecision(i));
        }
        return seen;
      }
    });
    scenario("timeout", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.setQueryTimeout(1);
        statement.executeQuery("SELECT count(*) FROM range(1000000000000) WHERE range % 3 = 1");
        return "it ended";
      } catch (SQLException error) {
        return error.getSQLState();
      }
    });
    scenario("error", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.executeQuery("SELECT nobody");
        return "no error";
      } catch (SQLException error) {
        return error.getSQLState() + " then " + connection.isValid(5);
      }
    });
  }
}
