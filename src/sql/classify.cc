#include <algorithm>
#include <array>

#include "sql/lexer.h"
#include "sql/statement.h"

namespace tavana::sql {
namespace {

/// The tokens of one statement, one ahead. A copy goes on from the same place on its own.
class Reader {
 public:
  explicit Reader(std::string_view statement) : statement_(statement), lexer_(statement), ahead_(lexer_.Next()) {}

  const Token& ahead() const { return ahead_; }
  Token Take() {
    const Token token = ahead_;
    ahead_ = lexer_.Next();
    return token;
  }
  bool Accept(std::string_view upper_case_word) { return ahead_.Is(upper_case_word) && (Take(), true); }
  bool AcceptSymbol(char symbol) { return ahead_.IsSymbol(symbol) && (Take(), true); }
  /// All the words, or none.
  template <typename... Words>
  bool AcceptAll(Words... words) {
    Reader trial = *this;
    return (trial.Accept(words) && ...) && (*this = trial, true);
  }
  bool AtEnd() const {
    Reader rest = *this;
    while (rest.ahead_.kind == TokenKind::kSemicolon) rest.Take();
    return rest.ahead_.kind == TokenKind::kEnd;
  }
  bool AtName() const { return ahead_.kind == TokenKind::kWord || ahead_.kind == TokenKind::kQuotedIdentifier; }
  /// A name, dots and all; nullopt where there is none.
  std::optional<std::string> Name() {
    std::string name;
    do {
      if (!AtName()) return std::nullopt;
      if (!name.empty()) name += '.';
      name += Take().AsName();
    } while (AcceptSymbol('.'));
    return name;
  }
  /// From here to the statement's end.
  std::string Rest() const { return std::string(statement_.substr(ahead_.offset_bytes)); }

 private:
  std::string_view statement_;
  Lexer lexer_;
  Token ahead_;
};

using Reading = std::optional<Classified>;  // nullopt: not well formed, or not ours

/// `reading` if the statement is over, else nothing.
Reading IfAtEnd(const Reader& in, Classified reading) {
  return in.AtEnd() ? Reading(std::move(reading)) : std::nullopt;
}

/// `command`, a name, the end.
Reading ReadNamed(Reader& in, Command command) {
  auto name = in.Name();
  if (!name) return std::nullopt;
  return IfAtEnd(in, {.command = command, .name = *std::move(name)});
}

std::optional<std::string> ReadIsolationLevel(Reader& in) {
  if (in.Accept("SERIALIZABLE")) return "serializable";
  if (in.AcceptAll("REPEATABLE", "READ")) return "repeatable read";
  if (in.AcceptAll("READ", "COMMITTED")) return "read committed";
  if (in.AcceptAll("READ", "UNCOMMITTED")) return "read uncommitted";
  return std::nullopt;
}

/// Transaction modes up to the end; false when something else stands there.
bool ReadTransactionModes(Reader& in, Classified& into) {
  while (!in.AtEnd()) {
    if (in.AcceptAll("ISOLATION", "LEVEL")) {
      into.isolation = ReadIsolationLevel(in);
      if (!into.isolation) return false;
    } else if (in.AcceptAll("READ", "ONLY")) {
      into.read_only = true;
    } else if (in.AcceptAll("READ", "WRITE")) {
      into.read_only = false;
    } else if (!in.Accept("DEFERRABLE") && !in.AcceptAll("NOT", "DEFERRABLE")) {
      return false;
    }
    in.AcceptSymbol(',');
  }
  return true;
}

void SkipTransactionWord(Reader& in) { in.Accept("WORK") || in.Accept("TRANSACTION"); }

Reading ReadBegin(Reader& in) {
  SkipTransactionWord(in);
  Classified begin{.command = Command::kBegin};
  return ReadTransactionModes(in, begin) ? Reading(begin) : std::nullopt;
}

Reading ReadStart(Reader& in) { return in.ahead().Is("TRANSACTION") ? ReadBegin(in) : std::nullopt; }

Reading ReadEndOfTransaction(Reader& in, Command command) {
  SkipTransactionWord(in);
  Classified end{.command = command};
  if (in.Accept("AND")) {
    end.chain = !in.Accept("NO");
    if (!in.Accept("CHAIN")) return std::nullopt;
  }
  return IfAtEnd(in, std::move(end));
}

Reading ReadCommit(Reader& in) { return ReadEndOfTransaction(in, Command::kCommit); }
Reading ReadAbort(Reader& in) { return ReadEndOfTransaction(in, Command::kRollback); }

Reading ReadRollback(Reader& in) {
  Reader trial = in;
  SkipTransactionWord(trial);
  if (!trial.Accept("TO")) return ReadAbort(in);
  trial.Accept("SAVEPOINT");
  return ReadNamed(trial, Command::kRollbackToSavepoint);
}

Reading ReadSavepoint(Reader& in) { return ReadNamed(in, Command::kSavepoint); }

Reading ReadRelease(Reader& in) {
  in.Accept("SAVEPOINT");
  return ReadNamed(in, Command::kReleaseSavepoint);
}

/// Settings whose names are several words; nullopt when the next words are a plain name.
std::optional<std::string> ReadSpecialName(Reader& in) {
  if (in.AcceptAll("TIME", "ZONE")) return "timezone";
  if (in.AcceptAll("TRANSACTION", "ISOLATION", "LEVEL")) return "transaction_isolation";
  if (in.AcceptAll("SESSION", "AUTHORIZATION")) return "session_authorization";
  return std::nullopt;
}

/// One value of SET: a string, a word, a number with or without a sign.
std::optional<std::string> ReadSettingValue(Reader& in) {
  std::string sign;
  if (in.ahead().IsSymbol('-') || in.ahead().IsSymbol('+')) sign = in.Take().text;
  const TokenKind kind = in.ahead().kind;
  if (kind == TokenKind::kNumber) return sign + in.Take().Unquoted();
  if (!sign.empty() || (kind != TokenKind::kString && !in.AtName())) return std::nullopt;
  return in.Take().Unquoted();
}

/// The values of SET up to the end. Anything that takes evaluation (lists, queries, sums) is the engine's.
Reading ReadSettingValues(Reader& in, Classified set) {
  if (in.Accept("DEFAULT")) return IfAtEnd(in, std::move(set));
  std::string joined;
  do {
    const bool quoted = in.ahead().kind == TokenKind::kString || in.ahead().kind == TokenKind::kQuotedIdentifier;
    auto value = ReadSettingValue(in);
    if (!value) return std::nullopt;
    // Each is the name of one schema, whatever it holds.
    if (quoted && set.name == "search_path" && !value->empty()) value = QuoteIdentifier(*value);
    if (set.value) joined += ", ";
    set.value = joined += *value;
  } while (in.AcceptSymbol(','));
  return IfAtEnd(in, std::move(set));
}

Reading ReadTimeZone(Reader& in, Classified set) {
  set.name = "timezone";
  if (in.Accept("LOCAL")) return IfAtEnd(in, std::move(set));
  if (in.Accept("INTERVAL")) {
    set.value = ReadSettingValue(in);
    if (in.Accept("HOUR") && in.Accept("TO")) in.Accept("MINUTE");
    return set.value ? IfAtEnd(in, std::move(set)) : std::nullopt;
  }
  return ReadSettingValues(in, std::move(set));
}

Reading ReadSetTransaction(Reader& in, Classified set, std::string_view prefix) {
  if (in.AtEnd() || !ReadTransactionModes(in, set)) return std::nullopt;
  set.name = prefix;
  set.name += set.isolation ? "transaction_isolation" : "transaction_read_only";
  set.value = set.isolation ? *set.isolation : set.read_only ? "on" : "off";
  return set;
}

/// SET's words after SESSION or LOCAL that are not `name = value`; the outer nullopt when it is one.
std::optional<Reading> ReadSpecialSet(Reader& in, const Classified& set) {
  if (in.AcceptAll("TIME", "ZONE")) return ReadTimeZone(in, set);
  Reader trial = in;
  const Token word = trial.Take();
  const bool is_value = trial.AtName() || trial.ahead().kind == TokenKind::kString;
  if (!is_value || trial.ahead().Is("TO")) return std::nullopt;
  Classified named = set;
  if (word.Is("AUTHORIZATION")) named.name = "session_authorization";
  if (word.Is("ROLE")) named.name = "role";
  if (word.Is("NAMES")) named.name = "client_encoding";
  if (word.Is("SCHEMA")) named.name = "search_path";
  return named.name.empty() ? Reading(std::nullopt) : ReadSettingValues(trial, std::move(named));
}

Reading ReadSet(Reader& in) {
  Classified set{.command = Command::kSet};
  if (in.AcceptAll("SESSION", "CHARACTERISTICS", "AS", "TRANSACTION")) {
    return ReadSetTransaction(in, std::move(set), "default_");
  }
  {
    Reader trial = in;
    if (trial.Accept("TRANSACTION") && trial.AtName() && !trial.ahead().Is("TO")) {
      set.is_local = true;
      return ReadSetTransaction(trial, std::move(set), "");
    }
  }
  Reader trial = in;  // `SET session = ..` and the like set a setting of that name
  const bool is_scope = trial.Take().kind == TokenKind::kWord && trial.AtName() && !trial.ahead().Is("TO");
  if (is_scope) {
    if (in.ahead().Is("VARIABLE") || in.ahead().Is("GLOBAL")) return std::nullopt;
    set.is_local = in.Accept("LOCAL");
    if (!set.is_local) in.Accept("SESSION");
  }
  if (auto special = ReadSpecialSet(in, set)) return *std::move(special);
  auto name = in.Name();
  if (!name || (!in.AcceptSymbol('=') && !in.Accept("TO"))) return std::nullopt;
  set.name = *std::move(name);
  return ReadSettingValues(in, std::move(set));
}

Reading ReadReset(Reader& in) {
  if (auto special = ReadSpecialName(in)) {
    return IfAtEnd(in, {.command = Command::kReset, .name = *std::move(special)});
  }
  Reader trial = in;
  if (trial.Accept("SESSION") && trial.AtName()) in = trial;
  return ReadNamed(in, Command::kReset);  // VARIABLE x and GLOBAL x are two names, so not ours
}

Reading ReadShow(Reader& in) {
  if (auto special = ReadSpecialName(in)) {
    return IfAtEnd(in, {.command = Command::kShow, .name = *std::move(special)});
  }
  // DuckDB's own (duckdb.org/docs/stable/guides/meta/list_tables).
  for (const auto word : {"TABLES", "DATABASES", "SCHEMAS", "VARIABLES"}) {
    if (in.ahead().Is(word)) return std::nullopt;
  }
  return ReadNamed(in, Command::kShow);
}

Reading ReadDiscard(Reader& in) {
  Classified discard{.command = Command::kDiscard, .name = LowerCase(in.Take().text)};
  if (discard.name == "temporary") discard.name = "temp";
  for (const auto known : {"all", "plans", "temp", "sequences"}) {
    if (discard.name == known) return IfAtEnd(in, std::move(discard));
  }
  return std::nullopt;
}

Reading ReadDeallocate(Reader& in) {
  Reader trial = in;
  if (trial.Accept("PREPARE") && trial.AtName()) in = trial;
  return ReadNamed(in, Command::kDeallocate);
}

Reading ReadDeclare(Reader& in) {
  if (!in.AtName()) return std::nullopt;
  Classified declare{.command = Command::kDeclareCursor, .name = in.Take().AsName()};
  for (bool more = true; more;) {
    if (in.Accept("BINARY")) {
      declare.binary = true;
    } else if (in.Accept("SCROLL")) {
      declare.scroll = true;
    } else {
      more = in.Accept("INSENSITIVE") || in.Accept("ASENSITIVE") || in.AcceptAll("NO", "SCROLL");
    }
  }
  if (!in.Accept("CURSOR")) return std::nullopt;
  declare.hold = in.AcceptAll("WITH", "HOLD");
  in.AcceptAll("WITHOUT", "HOLD");
  if (!in.Accept("FOR")) return std::nullopt;
  declare.value = in.Rest();
  return declare;
}

Reading ReadFetchOrMove(Reader& in, Command command) {
  Classified fetch{.command = command, .value = ""};
  while (!in.AtEnd()) {
    const bool before_name = in.Accept("FROM") || in.Accept("IN");
    const Token token = in.Take();
    if (in.AtEnd()) {
      if (token.kind != TokenKind::kWord && token.kind != TokenKind::kQuotedIdentifier) return std::nullopt;
      fetch.name = token.AsName();
      return fetch;
    }
    if (before_name) return std::nullopt;
    const bool after_sign = !fetch.value->empty() && (fetch.value->back() == '-' || fetch.value->back() == '+');
    if (!fetch.value->empty() && !after_sign) *fetch.value += ' ';
    *fetch.value += LowerCase(token.text);
  }
  return std::nullopt;
}

Reading ReadFetch(Reader& in) { return ReadFetchOrMove(in, Command::kFetch); }
Reading ReadMove(Reader& in) { return ReadFetchOrMove(in, Command::kMove); }
Reading ReadClose(Reader& in) { return ReadNamed(in, Command::kCloseCursor); }
Reading ReadListen(Reader& in) { return ReadNamed(in, Command::kListen); }

Reading ReadUnlisten(Reader& in) {
  if (in.AcceptSymbol('*')) return IfAtEnd(in, {.command = Command::kUnlisten, .name = "all"});
  return ReadNamed(in, Command::kUnlisten);
}

Reading ReadNotify(Reader& in) {
  auto name = in.Name();
  if (!name) return std::nullopt;
  Classified notify{.command = Command::kNotify, .name = *std::move(name)};
  if (in.AcceptSymbol(',')) {
    if (in.ahead().kind != TokenKind::kString) return std::nullopt;
    notify.value = in.Take().Unquoted();
  }
  return IfAtEnd(in, std::move(notify));
}

/// From an opening parenthesis to behind its closing one.
void SkipParentheses(Reader& in) {
  std::size_t open = 0;
  do {
    const Token token = in.Take();
    if (token.IsSymbol('(')) ++open;
    if (token.IsSymbol(')')) --open;
  } while (open > 0 && in.ahead().kind != TokenKind::kEnd);
}

Reading ReadPrepare(Reader& in) {
  if (!in.AtName()) return std::nullopt;
  Classified prepare{.command = Command::kPrepare, .name = in.Take().AsName()};
  if (in.ahead().IsSymbol('(')) {
    const std::string from_here = in.Rest();
    const std::size_t left = from_here.size();
    SkipParentheses(in);
    const std::string inside = from_here.substr(0, left - in.Rest().size());
    prepare.types = inside.substr(1, inside.rfind(')') - 1);
  }
  if (!in.Accept("AS")) return std::nullopt;
  prepare.value = in.Rest();
  return prepare;
}

Reading ReadExecute(Reader& in) {
  if (!in.AtName()) return std::nullopt;
  Classified execute{.command = Command::kExecute, .name = in.Take().AsName()};
  if (in.AtEnd()) return execute;
  if (!in.ahead().IsSymbol('(')) return std::nullopt;
  execute.value = in.Rest();
  return execute;
}

/// One call of set_config or current_setting with constants, and its alias.
std::optional<SettingCall> ReadSettingCall(Reader& in) {
  if (in.Accept("PG_CATALOG")) in.AcceptSymbol('.');
  SettingCall call{.sets = in.ahead().Is("SET_CONFIG"), .column = LowerCase(in.ahead().text)};
  if (!in.Accept("SET_CONFIG") && !in.Accept("CURRENT_SETTING")) return std::nullopt;
  if (!in.AcceptSymbol('(') || in.ahead().kind != TokenKind::kString) return std::nullopt;
  call.setting = LowerCase(in.Take().Unquoted());
  if (call.sets) {
    if (!in.AcceptSymbol(',')) return std::nullopt;
    if (in.ahead().kind == TokenKind::kString) {
      call.value = in.Take().Unquoted();
    } else if (!in.Accept("NULL")) {
      return std::nullopt;
    }
    if (!in.AcceptSymbol(',')) return std::nullopt;
    call.is_local = in.Accept("TRUE");
    if (!call.is_local && !in.Accept("FALSE")) return std::nullopt;
  }
  if (!in.AcceptSymbol(')')) return std::nullopt;
  if (in.Accept("AS") && in.AtName()) call.column = in.Take().AsName();
  return call;
}

Reading ReadSettingCalls(Reader in) {
  Classified set{.command = Command::kSetConfig};
  bool sets = false;
  do {
    auto call = ReadSettingCall(in);
    if (!call) return std::nullopt;
    sets |= call->sets;
    set.calls.push_back(*std::move(call));
  } while (in.AcceptSymbol(','));
  return sets ? IfAtEnd(in, std::move(set)) : std::nullopt;
}

constexpr std::array<std::string_view, 11> kAdvisory = {"pg_advisory_lock",          "pg_advisory_lock_shared",
                                                        "pg_try_advisory_lock",      "pg_try_advisory_lock_shared",
                                                        "pg_advisory_xact_lock",     "pg_advisory_xact_lock_shared",
                                                        "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared",
                                                        "pg_advisory_unlock",        "pg_advisory_unlock_shared",
                                                        "pg_advisory_unlock_all"};

Reading ReadAdvisoryLock(Reader in) {
  if (in.Accept("PG_CATALOG")) in.AcceptSymbol('.');
  Classified lock{.command = Command::kAdvisoryLock, .name = LowerCase(in.ahead().text), .value = ""};
  if (std::find(kAdvisory.begin(), kAdvisory.end(), lock.name) == kAdvisory.end()) return std::nullopt;
  in.Take();
  if (!in.AcceptSymbol('(')) return std::nullopt;
  const bool all = lock.name == "pg_advisory_unlock_all";
  while (!all) {
    if (!lock.value->empty()) *lock.value += ',';
    if (in.AcceptSymbol('-')) *lock.value += '-';
    const Token number = in.Take();
    if (number.kind != TokenKind::kNumber && number.kind != TokenKind::kParameter) return std::nullopt;
    *lock.value += number.text;
    if (!in.AcceptSymbol(',')) break;
  }
  if (!in.AcceptSymbol(')')) return std::nullopt;
  if (in.Accept("AS") && in.AtName()) in.Take();
  return IfAtEnd(in, std::move(lock));
}

Reading ReadGrant(Reader&) { return Classified{.command = Command::kIgnored, .name = "GRANT"}; }
Reading ReadRevoke(Reader&) { return Classified{.command = Command::kIgnored, .name = "REVOKE"}; }
Reading ReadLock(Reader&) { return Classified{.command = Command::kIgnored, .name = "LOCK TABLE"}; }
Reading ReadDo(Reader& in) {
  return in.ahead().kind == TokenKind::kString || in.ahead().Is("LANGUAGE")
             ? Reading(Classified{.command = Command::kDo})
             : std::nullopt;
}

Reading ReadSelect(Reader& in) {
  if (auto lock = ReadAdvisoryLock(in)) return lock;
  if (auto calls = ReadSettingCalls(in)) return calls;
  Reader trial = in;
  if (trial.Accept("PG_CATALOG")) trial.AcceptSymbol('.');
  Classified signal{.command = Command::kSignalBackend};
  if (trial.ahead().Is("PG_CANCEL_BACKEND") || trial.ahead().Is("PG_TERMINATE_BACKEND"))
    signal.name = trial.Take().AsName();
  if (signal.name.empty() || !trial.AcceptSymbol('(')) return std::nullopt;
  const Token argument = trial.Take();
  if (argument.kind != TokenKind::kNumber && argument.text != "$1") return std::nullopt;
  signal.value = std::string(argument.text);
  if (!trial.AcceptSymbol(')')) return std::nullopt;
  return IfAtEnd(trial, std::move(signal));
}

Reading ReadCopy(Reader& in) {
  Classified copy;
  if (in.AtName() && !in.ahead().Is("FROM")) copy.name = in.Name().value_or("");
  while (!in.AtEnd()) {
    if (in.ahead().IsSymbol('(')) {
      SkipParentheses(in);
      continue;
    }
    const Token word = in.Take();
    // PostgreSQL takes either word either way.
    const bool client = in.ahead().Is("STDIN") || in.ahead().Is("STDOUT");
    if (word.Is("FROM") && client) copy.command = Command::kCopyFromStdin;
    if (word.Is("TO") && client) copy.command = Command::kCopyToStdout;
    if (copy.command != Command::kOther) return copy;
    if (word.Is("FROM") || word.Is("TO")) return std::nullopt;
  }
  return std::nullopt;
}

struct FirstWord {
  std::string_view word;
  Reading (*read)(Reader& in);
};

constexpr std::array kFirstWords = {
    FirstWord{"BEGIN", ReadBegin},
    FirstWord{"START", ReadStart},
    FirstWord{"COMMIT", ReadCommit},
    FirstWord{"END", ReadCommit},
    FirstWord{"ROLLBACK", ReadRollback},
    FirstWord{"ABORT", ReadAbort},
    FirstWord{"SAVEPOINT", ReadSavepoint},
    FirstWord{"RELEASE", ReadRelease},
    FirstWord{"SET", ReadSet},
    FirstWord{"RESET", ReadReset},
    FirstWord{"SHOW", ReadShow},
    FirstWord{"DISCARD", ReadDiscard},
    FirstWord{"DEALLOCATE", ReadDeallocate},
    FirstWord{"DECLARE", ReadDeclare},
    FirstWord{"FETCH", ReadFetch},
    FirstWord{"MOVE", ReadMove},
    FirstWord{"CLOSE", ReadClose},
    FirstWord{"LISTEN", ReadListen},
    FirstWord{"NOTIFY", ReadNotify},
    FirstWord{"UNLISTEN", ReadUnlisten},
    FirstWord{"PREPARE", ReadPrepare},
    FirstWord{"EXECUTE", ReadExecute},
    FirstWord{"COPY", ReadCopy},
    FirstWord{"SELECT", ReadSelect},
    FirstWord{"GRANT", ReadGrant},
    FirstWord{"REVOKE", ReadRevoke},
    FirstWord{"LOCK", ReadLock},
    FirstWord{"DO", ReadDo},
};

}  // namespace

Classified Classify(std::string_view statement) {
  Reader in(statement);
  const Token first = in.Take();
  for (const FirstWord& candidate : kFirstWords) {
    if (first.Is(candidate.word)) return candidate.read(in).value_or(Classified{});
  }
  return {};
}

}  // namespace tavana::sql
