// Runs every scenario of the Flight SQL JDBC driver against the URL it is given and prints "name<tab>what it saw" for each, with
// "FAILED" and the error in place of what it saw where one was thrown.
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

public class Client {
  interface Scenario {
    Object run() throws Exception;
  }

  static void scenario(String name, Scenario scenario) {
    try {
      System.out.println(name + "\t" + String.valueOf(scenario.run()).replace("\n", " "));
    } catch (Throwable thrown) {
      Throwable cause = thrown instanceof InvocationTargetException ? thrown.getCause() : thrown;
      System.out.println(name + "\tFAILED " + String.valueOf(cause).replace("\n", " "));
    }
  }

  static List<String> rows(ResultSet result, String... columns) throws SQLException {
    List<String> all = new ArrayList<>();
    try (result) {  // the driver's connection does not close with an open one
      while (result.next()) {
        StringJoiner row = new StringJoiner(" ");
        for (String column : columns) row.add(String.valueOf(result.getObject(column)));
        all.add(row.toString());
      }
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
    Map<String, String> ofOneTable = Map.of("getPrimaryKeys", "f_child", "getImportedKeys", "f_child", "getExportedKeys", "f_parent",
        "getIndexInfo", "f_child", "getBestRowIdentifier", "f_child", "getVersionColumns", "f_child", "getColumns", "f_child");
    if (ofOneTable.containsKey(method.getName())) arguments[2] = ofOneTable.get(method.getName());
    if (method.getName().equals("getCrossReference")) {
      arguments[2] = "f_parent";
      arguments[5] = "f_child";
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

  static String one(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? String.valueOf(result.getObject(1)) : "no row";
    }
  }

  public static void main(String[] arguments) throws Exception {
    try (Connection connection = DriverManager.getConnection(arguments[0]); Statement setup = connection.createStatement()) {
      setup.executeUpdate("CREATE TABLE f_parent (id integer PRIMARY KEY, name varchar NOT NULL, amount decimal(10,2), made timestamptz, tags text[])");
      setup.executeUpdate("CREATE TABLE f_child (id integer PRIMARY KEY, parent_id integer REFERENCES f_parent(id), ratio double)");
      setup.executeUpdate("CREATE VIEW f_view AS SELECT id FROM f_parent");
      try {
        all(connection);
      } finally {
        setup.executeUpdate("DROP VIEW f_view");
        setup.executeUpdate("DROP TABLE f_child");
        setup.executeUpdate("DROP TABLE f_parent");
      }
    }
  }

  interface Bind {
    void to(PreparedStatement statement) throws SQLException;
  }

  static void parameter(Connection connection, String type, Bind bind) {
    scenario("parameter " + type, () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT ?::" + type + " AS v")) {
        String seen = null;
        for (int run = 0; run < 3; run++) {
          bind.to(statement);
          try (ResultSet result = statement.executeQuery()) {
            result.next();
            String value = type.equals("BLOB") ? Arrays.toString(result.getBytes(1)) : String.valueOf(result.getObject(1));
            if (run > 0 && !value.equals(seen)) throw new Exception("differs when run again: " + value);
            seen = value;
          }
        }
        return seen;
      }
    });
  }

  static void all(Connection connection) throws Exception {
    DatabaseMetaData metadata = connection.getMetaData();
    for (Method method : DatabaseMetaData.class.getMethods()) {
      if (method.getDeclaringClass() == DatabaseMetaData.class) scenario("metadata." + method.getName(), () -> call(metadata, method));
    }
    scenario("product", () -> metadata.getDatabaseProductName());
    scenario("tables", () -> rows(metadata.getTables(null, null, "f\\_%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME", "TABLE_TYPE"));
    scenario("columns", () -> rows(metadata.getColumns(null, null, "f\\_parent", null), "COLUMN_NAME", "DATA_TYPE", "ORDINAL_POSITION"));
    scenario("some columns", () -> rows(metadata.getColumns(null, null, "f\\_parent", "%a%"), "COLUMN_NAME"));
    scenario("primary key", () -> rows(metadata.getPrimaryKeys(null, null, "f_child"), "COLUMN_NAME", "KEY_SEQ"));
    scenario("imported keys", () -> rows(metadata.getImportedKeys(null, null, "f_child"), "PKTABLE_NAME", "PKCOLUMN_NAME", "FKCOLUMN_NAME"));
    scenario("exported keys", () -> rows(metadata.getExportedKeys(null, null, "f_parent"), "FKTABLE_NAME", "FKCOLUMN_NAME"));
    scenario("cross reference", () -> rows(metadata.getCrossReference(null, null, "f_parent", null, null, "f_child"), "PKCOLUMN_NAME", "FKCOLUMN_NAME"));

    parameter(connection, "BOOLEAN", s -> s.setBoolean(1, true));
    parameter(connection, "TINYINT", s -> s.setByte(1, (byte) -7));
    parameter(connection, "SMALLINT", s -> s.setShort(1, (short) -300));
    parameter(connection, "INTEGER", s -> s.setInt(1, Integer.MIN_VALUE));
    parameter(connection, "BIGINT", s -> s.setLong(1, Long.MAX_VALUE));
    parameter(connection, "HUGEINT", s -> s.setBigDecimal(1, new BigDecimal("-123456789012345678901234567890")));
    parameter(connection, "FLOAT", s -> s.setFloat(1, 1.5f));
    parameter(connection, "DOUBLE", s -> s.setDouble(1, -0.1));
    parameter(connection, "DECIMAL(10,2)", s -> s.setBigDecimal(1, new BigDecimal("-1.25")));
    parameter(connection, "DECIMAL(38,10)", s -> s.setBigDecimal(1, new BigDecimal("1234567890123456789012345678.0123456789")));
    parameter(connection, "VARCHAR", s -> s.setString(1, "ü'x"));
    parameter(connection, "BLOB", s -> s.setBytes(1, new byte[] {0, -1, 39}));
    parameter(connection, "DATE", s -> s.setDate(1, java.sql.Date.valueOf("2024-02-29"), Calendar.getInstance(TimeZone.getTimeZone("UTC"))));
    parameter(connection, "UUID", s -> s.setString(1, "00000000-0000-0000-0000-000000000007"));
    parameter(connection, "JSON", s -> s.setString(1, "{\"a\": 1}"));
    scenario("parameter NULL", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT ?::INTEGER IS NULL")) {
        statement.setNull(1, Types.INTEGER);
        try (ResultSet result = statement.executeQuery()) {
          result.next();
          return result.getBoolean(1);
        }
      }
    });
    scenario("parameter metadata", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT ?::INTEGER + 1, ?::VARCHAR")) {
        ParameterMetaData parameters = statement.getParameterMetaData();
        return parameters.getParameterCount() + " " + parameters.getParameterType(1) + " " + parameters.getParameterType(2);
      }
    });

    String[] values = {"true", "(-7)::TINYINT", "(-300)::SMALLINT", "42", "9223372036854775807",
        "170141183460469231731687303715884105727::HUGEINT % 1000000007", "1.5::FLOAT", "0.1::DOUBLE", "1.25::DECIMAL(10,2)",
        "'ü'", "DATE '2024-02-29'", "TIME '12:34:56'", "TIMESTAMP '2024-02-29 01:02:03'", 
        "'123e4567-e89b-12d3-a456-426614174000'::UUID", "[1, 2, NULL]", "{'a': 1, 'b': 'x'}", "MAP {'k': 1}", "'{\"a\":1}'::JSON",
        "NULL::INTEGER", "INTERVAL 3 DAY", "[1, 2]::INTEGER[2]", "[[1], []]"};
    for (String value : values) {
      scenario("value " + value, () -> one(connection, "SELECT " + value + " AS v"));
    }
    scenario("instant", () -> {
      try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery("SELECT TIMESTAMPTZ '2024-02-29 01:02:03+00' AS v")) {
        result.next();
        return result.getTimestamp(1).toInstant();
      }
    });
    scenario("bytes", () -> {
      try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery("SELECT '\\x00\\xFF'::BLOB AS v")) {
        result.next();
        return Arrays.toString(result.getBytes(1));
      }
    });

    scenario("millions of rows", () -> {
      try (Statement statement = connection.createStatement();
           ResultSet result = statement.executeQuery("SELECT range AS i, range::VARCHAR AS t FROM range(3000000)")) {
        long count = 0, sum = 0, letters = 0;
        for (; result.next(); count++) {
          sum += result.getLong(1);
          letters += result.getString(2).length();
        }
        return count + " " + sum + " " + letters;
      }
    });
    scenario("no rows", () -> {
      try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery("SELECT 1.5::DECIMAL(10,2) AS d, [1] AS l WHERE false")) {
        ResultSetMetaData columns = result.getMetaData();
        return result.next() + " " + columns.getColumnLabel(1) + " " + columns.getColumnType(1);
      }
    });
    scenario("updates", () -> {
      try (Statement statement = connection.createStatement()) {
        int made = statement.executeUpdate("INSERT INTO f_parent (id, name) VALUES (1, 'ada'), (2, 'bob')");
        return made + " " + statement.executeUpdate("UPDATE f_parent SET amount = 2.5 WHERE id = 1") + " " + one(connection, "SELECT sum(amount) FROM f_parent");
      }
    });
    scenario("batch", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO f_parent (id, name, amount) VALUES (?, ?, ?)")) {
        for (int i = 100; i < 600; i++) {
          statement.setInt(1, i);
          statement.setString(2, i % 7 == 0 ? "seven" : "batch");
          statement.setBigDecimal(3, new BigDecimal("2.25"));
          statement.addBatch();
        }
        statement.executeBatch();
        return one(connection, "SELECT count(*) || ' ' || sum(amount) FROM f_parent WHERE id >= 100");
      }
    });
    scenario("prepared update", () -> {
      try (PreparedStatement statement = connection.prepareStatement("DELETE FROM f_parent WHERE id >= ?")) {
        statement.setInt(1, 100);
        return statement.executeUpdate();
      }
    });
    scenario("two results at once", () -> {
      try (Statement one = connection.createStatement(); Statement other = connection.createStatement();
           ResultSet left = one.executeQuery("SELECT range FROM range(100000)"); ResultSet right = other.executeQuery("SELECT -range FROM range(100000)")) {
        long sum = 0;
        while (left.next() && right.next()) sum += left.getLong(1) + right.getLong(1);
        return sum;
      }
    });
    scenario("valid", () -> connection.isValid(5));
    scenario("error", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.executeQuery("SELECT nobody");
        return "no error";
      } catch (SQLException error) {
        return error.getMessage().contains("nobody") + " then " + connection.isValid(5);
      }
    });
    scenario("session", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.executeUpdate("CREATE TEMPORARY TABLE f_temporary AS SELECT 7 AS i");
        return one(connection, "SELECT i FROM f_temporary");
      }
    });
  }
}
