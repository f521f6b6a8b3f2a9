#include "duckdb/statement.h"

#include <algorithm>
#include <cctype>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/parser/parsed_data/create_info.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/parser/parsed_data/drop_info.hpp>
#include <duckdb/parser/parsed_data/alter_info.hpp>
#include <duckdb/parser/parsed_data/transaction_info.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/statement/alter_statement.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/drop_statement.hpp>
#include <duckdb/parser/statement/set_statement.hpp>
#include <duckdb/parser/statement/transaction_statement.hpp>
#include <utility>

#include "duckdb/arrow_export.h"
#include "duckdb/cached_files.h"
#include "duckdb/catalog.h"
#include "duckdb/column_names.h"
#include "duckdb/confine.h"
#include "duckdb/definitions.h"
#include "duckdb/dialect.h"
#include "duckdb/errors.h"
#include "duckdb/parameters.h"
#include "duckdb/read_set.h"
#include "duckdb/readable.h"
#include "sql/statement.h"

namespace tavana::duckdb_engine {
namespace {

using ::duckdb::CatalogType;
using ::duckdb::LogicalType;
using ::duckdb::LogicalTypeId;
using ::duckdb::SQLStatement;
using ::duckdb::StatementType;
using engine::StatementKind;

std::string FirstWord(std::string_view sql) {
  std::size_t at = 0;
  while (at < sql.size()) {
    if (std::isspace(static_cast<unsigned char>(sql[at])) || sql[at] == '(' || sql[at] == ';') {
      ++at;
    } else if (sql.substr(at, 2) == "--") {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (sql.substr(at, 2) == "/*") {
      const auto end = sql.find("*/", at + 2);
      at = end == std::string_view::npos ? sql.size() : end + 2;
    } else {
      break;
    }
  }
  std::string word;
  for (; at < sql.size() && std::isalpha(static_cast<unsigned char>(sql[at])); ++at)
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(sql[at])));
  return word;
}

std::string ObjectOf(CatalogType type) {
  switch (type) {
    case CatalogType::TABLE_ENTRY: return "TABLE";
    case CatalogType::VIEW_ENTRY: return "VIEW";
    case CatalogType::SCHEMA_ENTRY: return "SCHEMA";
    case CatalogType::INDEX_ENTRY: return "INDEX";
    case CatalogType::SEQUENCE_ENTRY: return "SEQUENCE";
    case CatalogType::TYPE_ENTRY: return "TYPE";
    case CatalogType::SECRET_ENTRY: return "SECRET";
    case CatalogType::DATABASE_ENTRY: return "DATABASE";
    case CatalogType::MACRO_ENTRY:
    case CatalogType::TABLE_MACRO_ENTRY:
    case CatalogType::SCALAR_FUNCTION_ENTRY:
    case CatalogType::TABLE_FUNCTION_ENTRY: return "FUNCTION";
    default: return "TABLE";
  }
}

std::string ObjectOf(::duckdb::AlterInfo& info) {
  switch (info.type) {
    case ::duckdb::AlterType::ALTER_VIEW: return "VIEW";
    case ::duckdb::AlterType::ALTER_SEQUENCE: return "SEQUENCE";
    case ::duckdb::AlterType::ALTER_DATABASE: return "DATABASE";
    default: return "TABLE";
  }
}

void NameTransaction(Statement& statement, SQLStatement& parsed) {
  switch (parsed.Cast<::duckdb::TransactionStatement>().info->type) {
    case ::duckdb::TransactionType::COMMIT:
      statement.described.command = "COMMIT", statement.ends_transaction = statement.commits = true;
      break;
    case ::duckdb::TransactionType::ROLLBACK:
      statement.described.command = "ROLLBACK", statement.ends_transaction = true;
      break;
    default: statement.described.command = "BEGIN"; break;
  }
}

void NameSetting(Statement& statement, SQLStatement& parsed, const std::string& word) {
  auto& set = parsed.Cast<::duckdb::SetStatement>();
  statement.setting = set.name;
  statement.resets_setting = set.set_type == ::duckdb::SetType::RESET;
  statement.sets_variable = set.scope == ::duckdb::SetScope::VARIABLE;
  statement.described.command = statement.resets_setting ? "RESET" : "SET";
  if (word == "USE") statement.setting = "search_path";
}

void NameCreate(Statement& statement, SQLStatement& parsed) {
  auto& info = *parsed.Cast<::duckdb::CreateStatement>().info;
  const bool as_select = info.type == CatalogType::TABLE_ENTRY && info.Cast<::duckdb::CreateTableInfo>().query;
  statement.described.command = as_select ? "SELECT" : "CREATE " + ObjectOf(info.type);
}

/// Kind and tag, from the statement as it was written.
void Name(Statement& statement, SQLStatement& parsed) {
  auto& described = statement.described;
  const std::string word = FirstWord(statement.sql);
  const auto is = [&](StatementKind kind, std::string command) {
    described.kind = kind, described.command = std::move(command);
  };
  statement.type = parsed.type;
  switch (parsed.type) {
    case StatementType::SELECT_STATEMENT: return is(StatementKind::kQuery, word == "SHOW" ? "SHOW" : "SELECT");
    case StatementType::EXPLAIN_STATEMENT: return is(StatementKind::kQuery, "EXPLAIN");
    case StatementType::PRAGMA_STATEMENT: return is(StatementKind::kQuery, word == "SHOW" ? "SHOW" : "PRAGMA");
    case StatementType::CALL_STATEMENT:
      if (word == "CHECKPOINT") return is(StatementKind::kOther, "CHECKPOINT");
      return is(StatementKind::kQuery, "CALL");
    case StatementType::EXECUTE_STATEMENT: return is(StatementKind::kQuery, "EXECUTE");
    case StatementType::PREPARE_STATEMENT: return is(StatementKind::kOther, "PREPARE");
    case StatementType::INSERT_STATEMENT: return is(StatementKind::kDml, "INSERT");
    case StatementType::UPDATE_STATEMENT: return is(StatementKind::kDml, "UPDATE");
    case StatementType::DELETE_STATEMENT:
      if (word == "TRUNCATE") return is(StatementKind::kOther, "TRUNCATE TABLE");
      return is(StatementKind::kDml, "DELETE");
    case StatementType::MERGE_INTO_STATEMENT: return is(StatementKind::kDml, "MERGE");
    case StatementType::COPY_STATEMENT: return is(StatementKind::kCopy, "COPY");
    case StatementType::CREATE_STATEMENT: return described.kind = StatementKind::kDdl, NameCreate(statement, parsed);
    case StatementType::CREATE_FUNC_STATEMENT: return is(StatementKind::kDdl, "CREATE FUNCTION");
    case StatementType::DROP_STATEMENT:
      if (word == "DEALLOCATE") return is(StatementKind::kOther, "DEALLOCATE");
      return is(StatementKind::kDdl, "DROP " + ObjectOf(parsed.Cast<::duckdb::DropStatement>().info->type));
    case StatementType::ALTER_STATEMENT:
      if (word == "COMMENT") return is(StatementKind::kDdl, "COMMENT");
      return is(StatementKind::kDdl, "ALTER " + ObjectOf(*parsed.Cast<::duckdb::AlterStatement>().info));
    case StatementType::ATTACH_STATEMENT: return is(StatementKind::kDdl, "ATTACH");
    case StatementType::DETACH_STATEMENT: return is(StatementKind::kDdl, "DETACH");
    case StatementType::TRANSACTION_STATEMENT:
      return described.kind = StatementKind::kTransaction, NameTransaction(statement, parsed);
    case StatementType::SET_STATEMENT:
    case StatementType::VARIABLE_SET_STATEMENT:
      return described.kind = StatementKind::kSetting, NameSetting(statement, parsed, word);
    case StatementType::MULTI_STATEMENT:
      return is(StatementKind::kQuery, word == "CREATE"   ? "SELECT"
                                       : word == "EXPORT" ? "EXPORT"
                                       : word == "IMPORT" ? "IMPORT"
                                                          : "SELECT");
    case StatementType::VACUUM_STATEMENT: return is(StatementKind::kOther, word == "ANALYZE" ? "ANALYZE" : "VACUUM");
    case StatementType::ANALYZE_STATEMENT: return is(StatementKind::kOther, "ANALYZE");
    case StatementType::LOAD_STATEMENT: return is(StatementKind::kOther, word == "INSTALL" ? "INSTALL" : "LOAD");
    case StatementType::EXPORT_STATEMENT: return is(StatementKind::kOther, "EXPORT");
    default: return is(StatementKind::kOther, word.empty() ? "SELECT" : word);
  }
}

bool MayReturnRows(const Statement& statement) {
  switch (statement.described.kind) {
    case StatementKind::kQuery:
    case StatementKind::kDml:
    case StatementKind::kCopy: return true;
    case StatementKind::kOther:
      return statement.type == StatementType::UPDATE_EXTENSIONS_STATEMENT ||
             statement.type == StatementType::EXTENSION_STATEMENT ||
             statement.type == StatementType::RELATION_STATEMENT ||
             statement.type == StatementType::LOGICAL_PLAN_STATEMENT;
    default: return false;
  }
}

/// Parameter names in order, from what the parser found in all parts.
std::vector<std::string> ParameterNames(const std::vector<::duckdb::unique_ptr<SQLStatement>>& parts) {
  std::vector<std::string> names;
  for (const auto& part : parts) {
    for (const auto& [name, index] : part->named_param_map) {
      if (index == 0 || index > 65'535) continue;
      if (names.size() < index) names.resize(index);
      names[index - 1] = name;
    }
  }
  return names;
}

bool IsKnown(const LogicalType& type) {
  return type.id() != LogicalTypeId::UNKNOWN && type.id() != LogicalTypeId::INVALID && type.id() != LogicalTypeId::ANY;
}

struct Bound {
  std::unique_ptr<::duckdb::PreparedStatement> prepared;
  std::vector<LogicalType> parameter_types;  ///< INVALID where unknown
  std::vector<bool> is_anything;             ///< empty, or by parameter
  bool columns_known = true;
  bool complete() const {
    return columns_known && std::all_of(parameter_types.begin(), parameter_types.end(), IsKnown);
  }
};

class Describer {
 public:
  Describer(SharedConnection& shared, Statement& statement) : shared_(shared), statement_(statement) {}

  Result<Bound> Bind(const SQLStatement& parsed, const ParameterCasts& casts) {
    auto copy = parsed.Copy();
    copy->query = statement_.sql;
    CastParameters(*copy, casts);
    Bound bound;
    bound.prepared = shared_.context().Prepare(std::move(copy));
    if (bound.prepared->HasError())
      return Complain(*shared_.instance, bound.prepared->GetErrorObject(), statement_.sql);
    auto& data = *bound.prepared->data;
    for (const auto& name : statement_.parameter_names) {
      LogicalType type(LogicalTypeId::INVALID);
      if (name.empty()) {
        type = LogicalType::VARCHAR;  // $2 without $1: any value will do for what is not used
      } else {
        data.TryGetType(name, type);
      }
      bound.parameter_types.push_back(type.id() == LogicalTypeId::SQLNULL || type.id() == LogicalTypeId::STRING_LITERAL
                                          ? LogicalType(LogicalType::VARCHAR)
                                          : type);
    }
    for (const auto& type : data.types) bound.columns_known &= IsKnown(type);
    return bound;
  }

  /// Binds with the client's types; parameters that stay open are tried as text (as PostgreSQL does), then as numbers
  /// and times. `SELECT $1` is text, `SELECT $1 + 1` a number.
  Result<Bound> BindWithGuesses(const SQLStatement& parsed, ParameterCasts casts) {
    auto first = Bind(parsed, casts);
    if (!first.ok() || first->complete()) return first;
    std::vector<std::string> open;
    for (std::size_t i = 0; i < first->parameter_types.size(); ++i) {
      if (!IsKnown(first->parameter_types[i])) open.push_back(statement_.parameter_names[i]);
    }
    if (open.empty()) return first;
    for (const auto& guess : {LogicalType::VARCHAR, LogicalType::BIGINT, LogicalType::DOUBLE, LogicalType::TIMESTAMP}) {
      auto guessed = casts;
      for (const auto& name : open) guessed[name] = LogicalType(guess);
      auto next = Bind(parsed, guessed);
      if (!next.ok() || !next->complete()) continue;
      if (guess == LogicalTypeId::VARCHAR) {
        for (std::size_t i = 0; i < first->parameter_types.size(); ++i)
          next->is_anything.push_back(!IsKnown(first->parameter_types[i]));
      }
      return next;
    }
    return first;
  }

 private:
  SharedConnection& shared_;
  Statement& statement_;
};

Status DescribeParameters(SharedConnection& shared, Statement& statement) {
  for (std::size_t i = 0; i < statement.parameter_types.size(); ++i) {
    const auto& type = statement.parameter_types[i];
    if (!IsKnown(type) || (!statement.parameter_is_anything.empty() && statement.parameter_is_anything[i])) {
      statement.described.parameters.push_back(arrow::null());
      continue;
    }
    TAVANA_ASSIGN_OR_RETURN(auto arrow_type, ArrowTypeOf(shared.context(), type));
    statement.described.parameters.push_back(std::move(arrow_type));
  }
  return Status::Ok();
}

Status DescribeWrites(Statement& statement) {
  if (!statement.prepared) return Status::Ok();
  for (const auto& entry : statement.prepared->data->properties.modified_databases)
    statement.described.read_set.databases_written.push_back(entry.first);
  for (const auto& database : statement.described.read_set.databases_written) {
    if (database == "__tavana")
      return Error(ErrorCode::kPermissionDenied, "permission denied: the system catalog is not to be changed");
  }
  return Status::Ok();
}

/// For what can only be bound with its values.
Result<Statement> LeaveOpen(SharedConnection& shared, Statement statement) {
  statement.described.columns_known = !MayReturnRows(statement);
  statement.described.returns_rows = MayReturnRows(statement);
  statement.described.columns = arrow::schema({});
  statement.described.read_set.complete = false;
  statement.prepared.reset();
  TAVANA_RETURN_IF_ERROR(DescribeParameters(shared, statement));
  return statement;
}

/// Columns that do not depend on the values, of a statement that DuckDB binds with values only (json_object($1), an
/// untyped parameter in VALUES beside typed ones): those of the same statement over NULLs. The execution checks them.
Status DescribeOverNulls(SharedConnection& shared, Statement& statement, const ParameterCasts& casts) {
  auto copy = statement.parts[0]->Copy();
  copy->query = statement.sql;
  NullParameters(*copy, casts);
  const auto prepared = shared.context().Prepare(std::move(copy));
  if (prepared->HasError()) return Status::Ok();
  const auto& data = *prepared->data;
  const bool known = std::all_of(data.types.begin(), data.types.end(), [](const LogicalType& type) {
    return IsKnown(type) && type.id() != LogicalTypeId::SQLNULL;
  });
  if (!known) return Status::Ok();
  statement.described.columns_known = true;
  statement.described.returns_rows =
      MayReturnRows(statement) && data.properties.return_type == ::duckdb::StatementReturnType::QUERY_RESULT;
  if (!statement.described.returns_rows) return Status::Ok();
  TAVANA_ASSIGN_OR_RETURN(const auto exporter, ArrowExporter::Create(shared.context(), data.types, data.names));
  statement.described.columns = exporter->schema();
  statement.promised_types = data.types;
  statement.promised_names = data.names;
  return Status::Ok();
}

bool NamesInlineTable(const Error& error) {
  return error.code() == ErrorCode::kUndefinedTable && error.message().find(kInlinePrefix) != std::string::npos;
}

Result<Statement> DescribeParsed(SharedConnection& shared, Statement statement,
                                 std::span<const std::shared_ptr<arrow::DataType>> client_types) {
  statement.parameter_names = ParameterNames(statement.parts);
  statement.parameter_types.assign(statement.parameter_names.size(), LogicalType(LogicalTypeId::INVALID));
  ParameterCasts casts;
  for (std::size_t i = 0; i < std::min(client_types.size(), statement.parameter_names.size()); ++i) {
    if (!client_types[i] || client_types[i]->id() == arrow::Type::NA) continue;
    TAVANA_ASSIGN_OR_RETURN(statement.parameter_types[i], DuckDbTypeOf(*client_types[i]));
    if (!statement.parameter_names[i].empty()) casts[statement.parameter_names[i]] = statement.parameter_types[i];
  }
  if (statement.parts.size() != 1) return LeaveOpen(shared, std::move(statement));

  statement.planned_at = shared.instance->writes.Quiet();
  AskServersAnew(shared.context());
  Describer describer(shared, statement);
  const ReadSetRecorder recorder(shared.context(), statement.described.read_set);
  auto bound = describer.BindWithGuesses(*statement.parts[0], casts);
  if (!bound.ok()) {
    if (!NamesInlineTable(bound.error())) return std::move(bound).error();
    CastParameters(*statement.parts[0], casts);
    return LeaveOpen(shared, std::move(statement));
  }
  statement.parameter_types = bound->parameter_types;
  statement.parameter_is_anything = bound->is_anything;
  if (!bound->columns_known) {
    for (std::size_t i = 0; i < statement.parameter_types.size(); ++i) {
      if (IsKnown(statement.parameter_types[i])) continue;
      statement.parameter_types[i] = LogicalType::VARCHAR;
      statement.parameter_is_anything.resize(statement.parameter_types.size());
      statement.parameter_is_anything[i] = true;
    }
    CastParameters(*statement.parts[0], casts);
    TAVANA_ASSIGN_OR_RETURN(statement, LeaveOpen(shared, std::move(statement)));
    TAVANA_RETURN_IF_ERROR(DescribeOverNulls(shared, statement, casts));
    return statement;
  }
  statement.prepared = std::move(bound->prepared);
  statement.plan_never_holds = recorder.trusts_strangers();
  statement.described.ordered = statement.type != StatementType::SELECT_STATEMENT || recorder.gives_order();
  statement.plan_ages = statement.plan_never_holds || !statement.described.read_set.tables.empty();
  auto& data = *statement.prepared->data;
  statement.described.returns_rows =
      MayReturnRows(statement) && data.properties.return_type == ::duckdb::StatementReturnType::QUERY_RESULT;
  statement.described.columns = arrow::schema({});
  if (statement.described.returns_rows) {
    TAVANA_ASSIGN_OR_RETURN(const auto exporter, ArrowExporter::Create(shared.context(), data.types, data.names));
    statement.described.columns = exporter->schema();
  }
  TAVANA_RETURN_IF_ERROR(DescribeWrites(statement));
  TAVANA_RETURN_IF_ERROR(DescribeParameters(shared, statement));
  return statement;
}

}  // namespace

Result<Statement> Describe(SharedConnection& shared, std::string_view sql,
                           std::span<const std::shared_ptr<arrow::DataType>> parameter_types) {
  Statement statement;
  statement.sql = std::string(sql);
  statement.client_types.assign(parameter_types.begin(), parameter_types.end());
  statement.described.columns = arrow::schema({});
  if (FirstWord(statement.sql) == "RESET") {
    if (const auto reset = sql::Classify(sql); reset.command == sql::Command::kReset && reset.name == "all") {
      statement.resets_all = true;
      statement.described.kind = StatementKind::kSetting;
      statement.described.command = "RESET";
      return statement;
    }
  }
  try {
    const bool speaks_postgres = SpeaksPostgres(shared.context());
    Statements parsed;
    for (const std::string& text : OneDropEach(CreateOfSelectInto(ReadableByDuckDb(statement.sql)))) {
      ::duckdb::Parser parser(shared.context().GetParserOptions());
      parser.ParseQuery(text);
      if (parser.statements.empty()) return statement;
      if (parser.statements.size() > 1)
        return Error(ErrorCode::kSyntax, "cannot insert multiple commands into a prepared statement");
      parsed.push_back(std::move(parser.statements[0]));
    }
    Name(statement, *parsed[0]);
    for (auto& part : parsed) {
      NameColumns(*part);
      const auto names = ResolvePostgresNames(*part, shared.instance->catalog);
      statement.described.inline_tables.assign(names.inline_tables.begin(), names.inline_tables.end());
      if (names.reads_catalog || speaks_postgres) MeanAsPostgres(*part, statement.sql);
    }
    AdaptToCatalog(shared.context(), parsed);
    shared.context().PreprocessStatements(parsed);
    for (auto& part : parsed) {
      TAVANA_RETURN_IF_ERROR(Confine(*part, *shared.instance, shared.context(), statement));
      CastNullColumns(*part);
      statement.parts.push_back(std::move(part));
    }
    if (statement.credential != nullptr) {
      if (statement.parts.size() != 1)
        return Error(ErrorCode::kUnsupported, "credentials are set by statements of their own");
      if (!statement.credential->told()) statement.parts.clear();
    }
    if (statement.attach || statement.detach) statement.parts.clear();
    return DescribeParsed(shared, std::move(statement), parameter_types);
  } catch (const std::exception& exception) {
    return Complain(*shared.instance, ::duckdb::ErrorData(exception), sql);
  }
}

}  // namespace tavana::duckdb_engine
