#include <gtest/gtest.h>

#include "sql/statement.h"

namespace tavana::sql {
namespace {

TEST(Classify, SkipsCommentsAndCase) {
  EXPECT_EQ(Classify(" -- c\n/* d */ bEgIn /* e */ ; ").command, Command::kBegin);
}

TEST(Classify, LeavesEverythingElseToTheEngine) {
  for (const auto sql : {"", "  ", "select 1", "insert into t values (1)", "\"begin\"", "'begin'", "beginning", ";",
                         "explain select 1", "create table set(i int)", "(select 1)", "with x as (select 1) from x"}) {
    EXPECT_EQ(Classify(sql).command, Command::kOther) << sql;
  }
}

TEST(Classify, ReadsTheModesOfBegin) {
  for (const auto sql : {"BEGIN", "begin work", "begin transaction", "START TRANSACTION", "begin;"}) {
    EXPECT_EQ(Classify(sql).command, Command::kBegin) << sql;
    EXPECT_FALSE(Classify(sql).read_only);
    EXPECT_EQ(Classify(sql).isolation, std::nullopt);
  }
  const auto modes = Classify("start transaction isolation level repeatable read, read only, not deferrable");
  EXPECT_EQ(modes.command, Command::kBegin);
  EXPECT_EQ(modes.isolation, "repeatable read");
  EXPECT_TRUE(modes.read_only);
  EXPECT_EQ(Classify("BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE").isolation, "serializable");
  EXPECT_EQ(Classify("begin nonsense").command, Command::kOther);
  EXPECT_EQ(Classify("start").command, Command::kOther);
}

TEST(Classify, ReadsEndsOfTransactions) {
  for (const auto sql : {"commit", "COMMIT WORK", "end", "end transaction", "commit and no chain"}) {
    EXPECT_EQ(Classify(sql).command, Command::kCommit) << sql;
    EXPECT_FALSE(Classify(sql).chain) << sql;
  }
  for (const auto sql : {"rollback", "ABORT", "rollback transaction", "abort work"}) {
    EXPECT_EQ(Classify(sql).command, Command::kRollback) << sql;
  }
  EXPECT_TRUE(Classify("commit and chain").chain);
  EXPECT_TRUE(Classify("rollback work and chain").chain);
  EXPECT_EQ(Classify("commit prepared 'x'").command, Command::kOther);
}

TEST(Classify, ReadsSavepoints) {
  const auto savepoint = Classify("savepoint A");
  EXPECT_EQ(savepoint.command, Command::kSavepoint);
  EXPECT_EQ(savepoint.name, "a");
  for (const auto sql : {"release a", "release savepoint a"}) {
    EXPECT_EQ(Classify(sql).command, Command::kReleaseSavepoint) << sql;
    EXPECT_EQ(Classify(sql).name, "a") << sql;
  }
  for (const auto sql :
       {"rollback to \"A b\"", "rollback work to savepoint \"A b\"", "rollback to savepoint \"A b\""}) {
    EXPECT_EQ(Classify(sql).command, Command::kRollbackToSavepoint) << sql;
    EXPECT_EQ(Classify(sql).name, "A b") << sql;
  }
}

struct SetCase {
  std::string_view sql;
  std::string_view name;
  std::optional<std::string> value;
  bool is_local = false;
};

TEST(Classify, ReadsSet) {
  const SetCase cases[] = {
      {"SET Client_Encoding TO 'UTF8'", "client_encoding", "UTF8"},
      {"set threads = 4", "threads", "4"},
      {"set threads to 4;", "threads", "4"},
      {"set session x = on", "x", "on"},
      {"set local x = -1.5", "x", "-1.5", true},
      {"set a.B = E'x\\'y'", "a.b", "x'y"},
      {"set search_path to a, \"B c\", 'd'", "search_path", "a, \"B c\", \"d\""},
      {"set x to default", "x", std::nullopt},
      {"set datestyle to ISO, MDY", "datestyle", "ISO, MDY"},
      {"set time zone 'Europe/Berlin'", "timezone", "Europe/Berlin"},
      {"set local time zone utc", "timezone", "utc", true},
      {"set time zone -3", "timezone", "-3"},
      {"set time zone local", "timezone", std::nullopt},
      {"set time zone default", "timezone", std::nullopt},
      {"set time zone interval '-08:00' hour to minute", "timezone", "-08:00"},
      {"set names 'utf8'", "client_encoding", "utf8"},
      {"set schema 'main'", "search_path", "\"main\""},
      {"set search_path = ''", "search_path", ""},
      {"set schema = 'main'", "schema", "main"},
      {"set schema to 'main'", "schema", "main"},
      {"set role none", "role", "none"},
      {"set session authorization joe", "session_authorization", "joe"},
      {"set local = 1", "local", "1"},
      {"set session to 1", "session", "1"},
      {"set x = ''", "x", ""},
  };
  for (const auto& expected : cases) {
    SCOPED_TRACE(expected.sql);
    const auto read = Classify(expected.sql);
    EXPECT_EQ(read.command, Command::kSet);
    EXPECT_EQ(read.name, expected.name);
    EXPECT_EQ(read.value, expected.value);
    EXPECT_EQ(read.is_local, expected.is_local);
  }
}

TEST(Classify, ReadsSetTransaction) {
  const auto level = Classify("set transaction isolation level read committed, read only");
  EXPECT_EQ(level.command, Command::kSet);
  EXPECT_EQ(level.name, "transaction_isolation");
  EXPECT_EQ(level.value, "read committed");
  EXPECT_TRUE(level.is_local);
  EXPECT_TRUE(level.read_only);
  const auto write = Classify("set transaction read write");
  EXPECT_EQ(write.name, "transaction_read_only");
  EXPECT_EQ(write.value, "off");
  const auto session = Classify("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE");
  EXPECT_EQ(session.name, "default_transaction_isolation");
  EXPECT_EQ(session.isolation, "serializable");
  EXPECT_FALSE(session.is_local);
  EXPECT_EQ(Classify("set session characteristics as transaction read only").name, "default_transaction_read_only");
}

TEST(Classify, LeavesDuckDbsOwnSetAndShowToTheEngine) {
  for (const auto sql : {"set variable x = 1", "SET VARIABLE x TO [1]", "set global threads = 1", "reset variable x",
                         "reset global x", "set x = [1, 2]", "set x = 1 + 1", "set x = (select 1)", "set x", "set",
                         "set constraints all deferred", "show tables", "show all tables", "show databases",
                         "show tables from x", "show x from y", "show schemas", "show"}) {
    EXPECT_EQ(Classify(sql).command, Command::kOther) << sql;
  }
}

struct NamedCase {
  std::string_view sql;
  Command command;
  std::string_view name;
  std::optional<std::string> value = std::nullopt;
};

TEST(Classify, ReadsCommandsWithAName) {
  const NamedCase cases[] = {
      {"reset all", Command::kReset, "all"},
      {"reset session x", Command::kReset, "x"},
      {"reset session authorization", Command::kReset, "session_authorization"},
      {"reset time zone", Command::kReset, "timezone"},
      {"show all", Command::kShow, "all"},
      {"SHOW Server_Version", Command::kShow, "server_version"},
      {"show a.b", Command::kShow, "a.b"},
      {"show time zone", Command::kShow, "timezone"},
      {"show transaction isolation level", Command::kShow, "transaction_isolation"},
      {"discard ALL", Command::kDiscard, "all"},
      {"discard temporary", Command::kDiscard, "temp"},
      {"discard plans", Command::kDiscard, "plans"},
      {"deallocate all", Command::kDeallocate, "all"},
      {"deallocate prepare X", Command::kDeallocate, "x"},
      {"deallocate \"X\"", Command::kDeallocate, "X"},
      {"declare c cursor for select 1", Command::kDeclareCursor, "c", "select 1"},
      {"declare \"C\" binary no scroll cursor with hold for select 1", Command::kDeclareCursor, "C", "select 1"},
      {"fetch c", Command::kFetch, "c", ""},
      {"fetch from c", Command::kFetch, "c", ""},
      {"FETCH FORWARD 10 FROM c", Command::kFetch, "c", "forward 10"},
      {"fetch all in c", Command::kFetch, "c", "all"},
      {"fetch -5 from c", Command::kFetch, "c", "-5"},
      {"fetch 100 c", Command::kFetch, "c", "100"},
      {"move next from c", Command::kMove, "c", "next"},
      {"close c", Command::kCloseCursor, "c"},
      {"close all", Command::kCloseCursor, "all"},
      {"listen ch", Command::kListen, "ch"},
      {"notify ch, 'it''s'", Command::kNotify, "ch", "it's"},
      {"notify ch", Command::kNotify, "ch"},
      {"unlisten *", Command::kUnlisten, "all"},
      {"prepare p as select 1", Command::kPrepare, "p", "select 1"},
      {"prepare p(int, decimal(3, 1)) as select $1", Command::kPrepare, "p", "select $1"},
      {"execute p", Command::kExecute, "p"},
      {"execute p(1, 'x')", Command::kExecute, "p", "(1, 'x')"},
      {"select pg_cancel_backend(12)", Command::kSignalBackend, "pg_cancel_backend", "12"},
      {"SELECT pg_catalog.PG_TERMINATE_BACKEND( $1 );", Command::kSignalBackend, "pg_terminate_backend", "$1"},
      {"select pg_cancel_backend(pid) from pg_stat_activity", Command::kOther, ""},
      {"copy t from stdin", Command::kCopyFromStdin, "t"},
      {"COPY s.t (a, b) FROM STDIN WITH (FORMAT csv)", Command::kCopyFromStdin, "s.t"},
      {"copy t to stdout", Command::kCopyToStdout, "t"},
      {"copy (select * from t) to stdout (format binary)", Command::kCopyToStdout, ""},
  };
  for (const auto& expected : cases) {
    SCOPED_TRACE(expected.sql);
    const auto read = Classify(expected.sql);
    EXPECT_EQ(read.command, expected.command);
    EXPECT_EQ(read.name, expected.name);
    EXPECT_EQ(read.value, expected.value);
  }
}

TEST(Classify, LeavesCopyOfFilesToTheEngine) {
  for (const auto sql : {"copy t from 'stdin'", "copy t to 'x.parquet'", "copy from database a to b",
                         "copy (select 'from stdin') to 'x.csv'", "copy", "copy t"}) {
    EXPECT_EQ(Classify(sql).command, Command::kOther) << sql;
  }
}

TEST(Classify, ReadsCallsOfSettings) {
  const auto set =
      Classify("SELECT current_setting('jit') AS cur, pg_catalog.set_config('JIT', NULL, true) AS \"New\"");
  ASSERT_EQ(set.command, Command::kSetConfig);
  ASSERT_EQ(set.calls.size(), 2U);
  EXPECT_FALSE(set.calls[0].sets);
  EXPECT_EQ(set.calls[0].column, "cur");
  EXPECT_TRUE(set.calls[1].sets && set.calls[1].is_local && !set.calls[1].value);
  EXPECT_EQ(set.calls[1].setting, "jit");
  EXPECT_EQ(set.calls[1].column, "New");
  for (const char* other : {"SELECT current_setting('jit')", "SELECT set_config('a', 'b', false) FROM t",
                            "SELECT set_config(a, 'b', false)", "SELECT set_config('a', 'b', false) + 1"}) {
    EXPECT_EQ(Classify(other).command, Command::kOther) << other;
  }
}

TEST(Classify, ReadsAdvisoryLocks) {
  const auto lock = Classify("SELECT pg_try_advisory_xact_lock_shared(-1, $2) AS got;");
  EXPECT_EQ(lock.command, Command::kAdvisoryLock);
  EXPECT_EQ(lock.name, "pg_try_advisory_xact_lock_shared");
  EXPECT_EQ(lock.value, "-1,$2");
  EXPECT_EQ(Classify("SELECT pg_advisory_unlock_all()").command, Command::kAdvisoryLock);
  for (const char* other :
       {"SELECT pg_advisory_lock(hashtext('a'))", "SELECT pg_advisory_lock(1) FROM t", "SELECT pg_advisory_lock()"})
    EXPECT_EQ(Classify(other).command, Command::kOther) << other;
}

}  // namespace
}  // namespace tavana::sql
