#include "duckdb/catalog.h"

#include <algorithm>
#include <array>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/common/extra_type_info.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/parser/expression/between_expression.hpp>
#include <duckdb/parser/expression/cast_expression.hpp>
#include <duckdb/parser/expression/collate_expression.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/expression/operator_expression.hpp>
#include <duckdb/parser/expression/type_expression.hpp>
#include <duckdb/parser/parsed_data/alter_info.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/parser/parsed_data/create_type_info.hpp>
#include <duckdb/parser/parsed_data/create_view_info.hpp>
#include <duckdb/parser/parsed_data/drop_info.hpp>
#include <duckdb/parser/statement/alter_statement.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/drop_statement.hpp>
#include <duckdb/parser/statement/insert_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <utility>

#include "duckdb/catalog_sql.h"
#include "duckdb/errors.h"
#include "duckdb/readable.h"
#include "duckdb/renaming.h"
#include "duckdb/tree_walk.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file works on DuckDB's tree and nothing else

constexpr const char* kDatabase = "__tavana";
constexpr const char* kFunctions = "fn";

std::string Lower(const std::string& text) { return StringUtil::Lower(text); }
bool IsPgCatalog(const std::string& schema) { return schema.empty() || StringUtil::CIEquals(schema, "pg_catalog"); }
bool IsPublic(const std::string& schema) { return StringUtil::CIEquals(schema, "public"); }

// Types of PostgreSQL that clients cast catalog columns to: what they are here.
constexpr std::array kTypes = {
    Renaming{"jsonb", "json"},
    Renaming{"name", "varchar"},
    Renaming{"regprocedure", "varchar"},
    Renaming{"regoper", "varchar"},
    Renaming{"char", "varchar"},
    Renaming{"xid", "bigint"},
    Renaming{"cid", "bigint"},
    Renaming{kOidHere, "uinteger"},
    Renaming{"pg_node_tree", "varchar"},
    Renaming{"sql_identifier", "varchar"},
    Renaming{"character_data", "varchar"},
    Renaming{"yes_or_no", "varchar"},
    Renaming{"cardinal_number", "integer"},
    Renaming{"citext", "varchar"},
    Renaming{"inet", "varchar"},
};
// Types whose values are looked up, by the function of the same name.
constexpr std::array<std::string_view, 5> kLookedUp = {"regclass", "regtype", "regnamespace", "regrole", "regproc"};
// Functions and operators of PostgreSQL that DuckDB has under another name, with any number of arguments.
constexpr std::array kRenamed = {
    Renaming{"json_build_object", "json_object"},
    Renaming{"jsonb_build_object", "json_object"},
    Renaming{"json_build_array", "json_array"},
    Renaming{"jsonb_build_array", "json_array"},
    Renaming{"json_object_agg", "json_group_object"},
    Renaming{"jsonb_object_agg", "json_group_object"},
    Renaming{"to_jsonb", "to_json"},
    Renaming{"jsonb_array_length", "json_array_length"},
};
// What a session says of itself, without parentheses.
constexpr std::array<std::string_view, 5> kSessionValues = {"current_user", "session_user", "current_role",
                                                            "current_catalog", "current_schema"};

bool IsLookedUp(const std::string& name) {
  return std::find(kLookedUp.begin(), kLookedUp.end(), name) != kLookedUp.end();
}

const TypeExpression* NameOf(const LogicalType& type) {
  if (type.id() != LogicalTypeId::UNBOUND) return nullptr;
  const auto& expression = UnboundType::GetTypeExpression(type);
  return expression->GetExpressionClass() == ExpressionClass::TYPE ? &expression->Cast<TypeExpression>() : nullptr;
}

/// PostgreSQL's type as DuckDB's, elements of arrays included; null when it is the same.
unique_ptr<ParsedExpression> Resolved(const TypeExpression& named) {
  bool changed = false;
  vector<unique_ptr<ParsedExpression>> children;
  for (const auto& child : named.GetChildren()) {
    auto resolved =
        child->GetExpressionClass() == ExpressionClass::TYPE ? Resolved(child->Cast<TypeExpression>()) : nullptr;
    changed |= resolved != nullptr;
    children.push_back(resolved ? std::move(resolved) : child->Copy());
  }
  const std::string name = Lower(named.GetTypeName());
  const Renaming* const known = FindRenaming(kTypes, name);
  const bool sheds_schema = !named.GetSchema().empty() && IsPgCatalog(named.GetSchema());
  if (!changed && known == nullptr && !sheds_schema) return nullptr;
  return make_uniq_base<ParsedExpression, TypeExpression>(
      known != nullptr ? std::string(known->to) : named.GetTypeName(), std::move(children));
}

bool Resolve(LogicalType& type) {
  const auto* named = NameOf(type);
  auto resolved = named == nullptr ? nullptr : Resolved(*named);
  if (!resolved) return false;
  type = LogicalType::UNBOUND(std::move(resolved));
  return true;
}

class Resolver : public TreeWalk {
 public:
  explicit Resolver(const PostgresCatalog& catalog) : catalog_(catalog) {}
  bool reads_catalog() const { return reads_catalog_; }
  const std::set<std::string>& inline_tables() const { return inline_tables_; }

 private:
  /// A name that changes must not rename the column: a function's is PostgreSQL's own name for it.
  void OnNode(QueryNode& node) override {
    if (node.type != QueryNodeType::SELECT_NODE) return;
    for (auto& column : node.Cast<SelectNode>().select_list) {
      if (column->HasAlias()) continue;
      if (column->GetExpressionClass() == ExpressionClass::FUNCTION) {
        const auto& function = column->Cast<FunctionExpression>();
        if (HasAnotherName(function)) column->SetAlias(Lower(function.function_name));
      } else if (column->GetExpressionClass() == ExpressionClass::CAST) {
        const auto& cast = column->Cast<CastExpression>();
        const auto* named = NameOf(cast.cast_type);
        if (named != nullptr && IsLookedUp(Lower(named->GetTypeName()))) {
          column->SetAlias(Lower(named->GetTypeName()));
        } else if (cast.child->GetExpressionClass() == ExpressionClass::CAST) {
          column->SetAlias(column->ToString());
        }
      } else if (column->GetExpressionClass() == ExpressionClass::COLUMN_REF) {
        const auto& names = column->Cast<ColumnRefExpression>().column_names;
        const std::string name = Lower(names.back());
        const bool is_value = std::find(kSessionValues.begin(), kSessionValues.end(), name) != kSessionValues.end();
        if ((names.size() == 1 && is_value) || name == "tableoid") column->SetAlias(name);
      }
    }
  }

  /// Of no schema or PostgreSQL's; the grammar's own forms (SUBSTRING .. FROM) arrive as functions of main.
  static bool IsPostgres(const FunctionExpression& function) {
    if (!function.catalog.empty()) return false;
    const std::string name = Lower(function.function_name);
    const bool is_form = name == "substring" || name == "overlay" || name == "overlaps";
    return IsPgCatalog(function.schema) || (is_form && function.schema == "main") ||
           StringUtil::CIEquals(function.schema, "information_schema");
  }

  static bool IsGathered(const std::string& name) { return name == "json_agg" || name == "jsonb_agg"; }

  bool HasAnotherName(const FunctionExpression& function) const {
    const std::string name = Lower(function.function_name);
    if (!IsPostgres(function)) return false;
    return catalog_.fn.contains(name) || IsGathered(name) || name == "substring" ||
           FindRenaming(kRenamed, name) != nullptr;
  }

  void OnTable(TableRef& ref) override {
    if (ref.type != TableReferenceType::BASE_TABLE) return;
    auto& table = ref.Cast<BaseTableRef>();
    const std::string name = Lower(table.table_name);
    const bool unqualified = table.schema_name.empty();
    const auto& supplied = PostgresCatalog::kInline;
    if (IsPgCatalog(table.schema_name) && std::find(supplied.begin(), supplied.end(), name) != supplied.end()) {
      if (table.alias.empty()) table.alias = name;
      table.catalog_name.clear();
      table.schema_name.clear();
      table.table_name = Supplied(name);
      return;
    }
    if (IsPgCatalog(table.schema_name) && catalog_.pg.contains(name) && (!unqualified || name.starts_with("pg_"))) {
      return Send(table, "pg");
    }
    if (StringUtil::CIEquals(table.schema_name, "information_schema") && catalog_.info.contains(name))
      return Send(table, "info");
    if (IsPublic(table.schema_name)) table.schema_name = "main";
  }

  std::string Supplied(const std::string& name) {
    std::string full = std::string(kInlinePrefix) + name;
    inline_tables_.insert(full);
    return full;
  }

  void Send(BaseTableRef& table, const char* schema) {
    reads_catalog_ = true;
    table.catalog_name = kDatabase;
    table.schema_name = schema;
  }

  void OnExpression(unique_ptr<ParsedExpression>& expression) override {
    switch (expression->GetExpressionClass()) {
      case ExpressionClass::FUNCTION: return OnFunction(expression);
      case ExpressionClass::CAST: return OnCast(expression);
      case ExpressionClass::COLUMN_REF: return OnColumn(expression);
      case ExpressionClass::COLLATE: return OnCollation(expression);
      case ExpressionClass::BETWEEN: return OnBetween(expression);
      default: return;
    }
  }

  void OnFunction(unique_ptr<ParsedExpression>& expression) {
    auto& function = expression->Cast<FunctionExpression>();
    if (!IsPostgres(function)) return;
    function.schema.clear();
    const std::string name = Lower(function.function_name);
    if (const Renaming* const renamed = FindRenaming(kRenamed, name)) {
      function.function_name = renamed->to;
    } else if (IsGathered(name)) {
      GatherAsJson(expression);
    } else if (name == "substring" && function.children.size() == 2 && IsText(*function.children[1])) {
      function.function_name = "substring_by_pattern";  // substring(text FROM pattern)
      SendToOurs(function);
    } else if (catalog_.fn.contains(name)) {
      SendToOurs(function);
      if (name == "current_setting") Supplied("pg_settings");
    }
  }

  static void SendToOurs(FunctionExpression& function) {
    function.catalog = kDatabase;
    function.schema = kFunctions;
  }

  static bool IsText(const ParsedExpression& expression) {
    return expression.GetExpressionClass() == ExpressionClass::CONSTANT &&
           expression.Cast<ConstantExpression>().value.type().id() == LogicalTypeId::VARCHAR;
  }

  /// json_agg(x ORDER BY y) as to_json(list(x ORDER BY y)): DuckDB's own is a macro, which takes no order.
  static void GatherAsJson(unique_ptr<ParsedExpression>& expression) {
    expression->Cast<FunctionExpression>().function_name = "list";
    const std::string alias(expression->GetAlias());
    const auto location = expression->GetQueryLocation();
    expression->ClearAlias();
    vector<unique_ptr<ParsedExpression>> arguments;
    arguments.push_back(std::move(expression));
    expression = make_uniq<FunctionExpression>("to_json", std::move(arguments));
    if (!alias.empty()) expression->SetAlias(alias);
    expression->SetQueryLocation(location);
  }

  void OnCast(unique_ptr<ParsedExpression>& expression) {
    auto& cast = expression->Cast<CastExpression>();
    if (const auto* named = NameOf(cast.cast_type); named != nullptr && IsPgCatalog(named->GetSchema())) {
      const std::string name = Lower(named->GetTypeName());
      if (IsLookedUp(name)) return LookUp(expression, name);
      // A name that was looked up and is wanted as text again.
      if ((name == "text" || name == "varchar") && cast.child->GetExpressionClass() == ExpressionClass::FUNCTION) {
        auto& inner = cast.child->Cast<FunctionExpression>();
        if (inner.catalog == kDatabase && IsLookedUp(inner.function_name)) inner.function_name += "_name";
      }
    }
    Resolve(cast.cast_type);
  }

  static void LookUp(unique_ptr<ParsedExpression>& expression, const std::string& function_name) {
    auto& cast = expression->Cast<CastExpression>();
    vector<unique_ptr<ParsedExpression>> arguments;
    arguments.push_back(std::move(cast.child));
    auto function = make_uniq<FunctionExpression>(kDatabase, kFunctions, function_name, std::move(arguments));
    KeepAlias(*expression, *function);
    expression = std::move(function);
  }

  /// Not more than there was: an alias on a function's argument would name the argument.
  static void KeepAlias(const ParsedExpression& from, ParsedExpression& to) {
    if (from.HasAlias()) to.SetAlias(std::string(from.GetAlias()));
    to.SetQueryLocation(from.GetQueryLocation());
  }

  void OnColumn(unique_ptr<ParsedExpression>& expression) {
    auto& column = expression->Cast<ColumnRefExpression>();
    auto& names = column.column_names;
    if (names.size() == 2 && StringUtil::CIEquals(names[1], "tableoid")) {  // a system column; nobody needs its value
      auto zero = make_uniq<ConstantExpression>(Value::INTEGER(0));
      KeepAlias(*expression, *zero);
      expression = std::move(zero);
    } else if (names.size() == 1) {
      const std::string name = Lower(names[0]);
      if (std::find(kSessionValues.begin(), kSessionValues.end(), name) == kSessionValues.end()) return;
      if (!catalog_.fn.contains(name)) return;
      auto function =
          make_uniq<FunctionExpression>(kDatabase, kFunctions, name, vector<unique_ptr<ParsedExpression>>());
      KeepAlias(*expression, *function);
      expression = std::move(function);
    } else if (names.size() >= 3 && (StringUtil::CIEquals(names[0], "pg_catalog") || IsPublic(names[0]) ||
                                     StringUtil::CIEquals(names[0], "information_schema"))) {
      names.erase(names.begin());
    }
  }

  /// ctid BETWEEN '(0,0)'::tid AND '(4294967295,0)'::tid, all of a table: how DuckDB's own client reads one of
  /// PostgreSQL.
  static void OnBetween(unique_ptr<ParsedExpression>& expression) {
    const auto& between = expression->Cast<BetweenExpression>();
    const auto& input = *between.input;
    if (input.GetExpressionClass() != ExpressionClass::COLUMN_REF) return;
    if (!StringUtil::CIEquals(input.Cast<ColumnRefExpression>().GetColumnName(), "ctid")) return;
    if (TidOf(*between.lower) != "(0,0)" || TidOf(*between.upper) != "(4294967295,0)") return;
    expression = make_uniq<ConstantExpression>(Value::BOOLEAN(true));
  }

  /// The text that is cast to tid; empty for anything else.
  static std::string TidOf(const ParsedExpression& expression) {
    if (expression.GetExpressionClass() != ExpressionClass::CAST) return {};
    const auto& cast = expression.Cast<CastExpression>();
    const auto* named = NameOf(cast.cast_type);
    if (named == nullptr || !StringUtil::CIEquals(named->GetTypeName(), "tid") || !IsText(*cast.child)) return {};
    return cast.child->Cast<ConstantExpression>().value.ToString();
  }

  static void OnCollation(unique_ptr<ParsedExpression>& expression) {
    auto& collate = expression->Cast<CollateExpression>();
    std::string name = Lower(collate.collation);
    if (name.starts_with("pg_catalog.")) name = name.substr(11);
    if (name != "default" && name != "c" && name != "posix" && name != "ucs_basic") return;
    auto child = std::move(collate.child);  // bytes compare as they are
    if (expression->HasAlias()) child->SetAlias(expression->GetAlias());
    expression = std::move(child);
  }

  const PostgresCatalog& catalog_;
  bool reads_catalog_ = false;
  std::set<std::string> inline_tables_;
};

// Columns of the catalog that are vectors to the client and lists to SQL.
constexpr std::array kVectors = {Renaming{"indkey", "int2vector"}, Renaming{"indoption", "int2vector"},
                                 Renaming{"indclass", "oidvector"}, Renaming{"indcollation", "oidvector"},
                                 Renaming{"proargtypes", "oidvector"}};

/// The catalog's vectors, whose first element is element 0.
class Vectors : public TreeWalk {
 public:
  /// Says of the columns that leave which are vectors: DuckDB's functions on lists would not take them.
  static void NameVectors(SQLStatement& statement) {
    if (statement.type != StatementType::SELECT_STATEMENT) return;
    auto& node = *statement.Cast<SelectStatement>().node;
    if (node.type != QueryNodeType::SELECT_NODE) return;
    for (auto& column : node.Cast<SelectNode>().select_list) {
      const Renaming* const vector = VectorOf(*column);
      if (vector == nullptr) continue;
      const std::string alias(column->HasAlias() ? std::string(column->GetAlias())
                                                 : column->Cast<ColumnRefExpression>().GetColumnName());
      column = AsCatalogType(std::move(column), LogicalType::LIST(LogicalType::BIGINT), std::string(vector->to));
      column->SetAlias(alias);
    }
  }

 private:
  /// Null for anything but a column that is one.
  static const Renaming* VectorOf(const ParsedExpression& expression) {
    if (expression.GetExpressionClass() != ExpressionClass::COLUMN_REF) return nullptr;
    return FindRenaming(kVectors, Lower(expression.Cast<ColumnRefExpression>().GetColumnName()));
  }

  /// The first element of a vector is its element 0, of a list 1.
  static void CountFromZero(OperatorExpression& extract) {
    if (VectorOf(*extract.children[0]) == nullptr) return;
    vector<unique_ptr<ParsedExpression>> sum;
    sum.push_back(std::move(extract.children[1]));
    sum.push_back(make_uniq<ConstantExpression>(Value::INTEGER(1)));
    extract.children[1] = make_uniq<FunctionExpression>("+", std::move(sum), nullptr, nullptr, false, true);
  }

  void OnExpression(unique_ptr<ParsedExpression>& expression) override {
    if (expression->type == ExpressionType::ARRAY_EXTRACT) CountFromZero(expression->Cast<OperatorExpression>());
  }
};

void ResolveTarget(SQLStatement& statement) {
  switch (statement.type) {
    case StatementType::INSERT_STATEMENT: {
      auto& insert = statement.Cast<InsertStatement>();
      if (IsPublic(insert.schema)) insert.schema = "main";
      return;
    }
    case StatementType::CREATE_STATEMENT: {
      auto& info = *statement.Cast<CreateStatement>().info;
      if (IsPublic(info.schema) && info.type != CatalogType::SCHEMA_ENTRY) info.schema = "main";
      if (info.type != CatalogType::TABLE_ENTRY) return;
      auto& columns = info.Cast<CreateTableInfo>().columns;
      for (idx_t i = 0; i < columns.LogicalColumnCount(); ++i) {
        auto& column = columns.GetColumnMutable(LogicalIndex(i));
        auto type = column.Type();
        if (Resolve(type)) column.SetType(type);
      }
      return;
    }
    case StatementType::DROP_STATEMENT: {
      auto& info = *statement.Cast<DropStatement>().info;
      if (IsPublic(info.schema)) info.schema = "main";
      return;
    }
    case StatementType::ALTER_STATEMENT: {
      auto& info = *statement.Cast<AlterStatement>().info;
      if (IsPublic(info.schema)) info.schema = "main";
      return;
    }
    default: return;
  }
}

/// Types that keep their names on the way to the wire; CREATE TYPE makes ones that are forgotten at once.
void CreateCatalogTypes(ClientContext& context) {
  LogicalType oid(LogicalTypeId::UINTEGER);
  oid.SetAlias("pg_oid");
  LogicalType oids = LogicalType::LIST(oid);
  oids.SetAlias("oidvector");
  LogicalType numbers = LogicalType::LIST(LogicalType::SMALLINT);
  numbers.SetAlias("int2vector");
  for (const auto& type : {oid, oids, numbers}) {
    CreateTypeInfo info(type.GetAlias(), type);
    info.schema = "main";
    info.internal = true;
    auto transaction = CatalogTransaction::GetSystemTransaction(*context.db);
    Catalog::GetSystemCatalog(context).CreateType(transaction, info);  // the views name them without a schema
  }
}

/// Where statements find the relations of kInline when nobody supplies them: in the catalog that every search path has.
void CreateInlineViews(ClientContext& context) {
  auto& system = Catalog::GetSystemCatalog(context);
  for (const std::string_view name : PostgresCatalog::kInline) {
    auto info = make_uniq<CreateViewInfo>();
    info->catalog = system.GetName();
    info->schema = "main";
    info->view_name = std::string(kInlinePrefix) + std::string(name);
    info->sql = "SELECT * FROM __tavana.pg." + std::string(name);
    info->internal = true;
    info = CreateViewInfo::FromSelect(context, std::move(info));
    auto transaction = CatalogTransaction::GetSystemTransaction(*context.db);
    system.CreateView(transaction, *info);
  }
}

}  // namespace

unique_ptr<ParsedExpression> AsCatalogType(unique_ptr<ParsedExpression> expression, const LogicalType& by_way_of,
                                           const std::string& name) {
  auto type = LogicalType::UNBOUND(
      make_uniq_base<ParsedExpression, TypeExpression>(name, ::duckdb::vector<unique_ptr<ParsedExpression>>()));
  return make_uniq<CastExpression>(std::move(type), make_uniq<CastExpression>(by_way_of, std::move(expression)));
}

Result<PostgresCatalog> PostgresCatalog::Create(Connection& connection) {
  for (const std::string_view script : kCatalogScripts) {
    if (script == kCatalogScripts.back())
      connection.context->RunFunctionInTransaction([&] { CreateInlineViews(*connection.context); });
    const auto result = connection.Query(std::string(script));
    if (result->HasError()) return TranslateError(result->GetErrorObject(), {});
    if (script == kCatalogScripts.front()) CreateCatalogTypes(*connection.context);
  }
  PostgresCatalog catalog;
  const auto read = [&](const std::string& sql, std::set<std::string, std::less<>>& into) -> Status {
    const auto result = connection.Query(sql);
    if (result->HasError()) return TranslateError(result->GetErrorObject(), {});
    for (idx_t row = 0; row < result->RowCount(); ++row) into.insert(Lower(result->GetValue(0, row).ToString()));
    return Status::Ok();
  };
  const std::string relations =
      "SELECT table_name FROM duckdb_tables() WHERE database_name = '__tavana' AND schema_name = '{}' UNION ALL "
      "SELECT view_name FROM duckdb_views() WHERE database_name = '__tavana' AND schema_name = '{}'";
  TAVANA_RETURN_IF_ERROR(read(StringUtil::Replace(relations, "{}", "pg"), catalog.pg));
  TAVANA_RETURN_IF_ERROR(read(StringUtil::Replace(relations, "{}", "info"), catalog.info));
  TAVANA_RETURN_IF_ERROR(
      read("SELECT function_name FROM duckdb_functions() WHERE database_name = '__tavana' AND schema_name = 'fn'",
           catalog.fn));
  return catalog;
}

ResolvedNames ResolvePostgresNames(SQLStatement& statement, const PostgresCatalog& catalog) {
  Resolver resolver(catalog);
  resolver.Visit(statement);
  if (resolver.reads_catalog()) {
    Vectors().Visit(statement);
    Vectors::NameVectors(statement);
  }
  ResolveTarget(statement);
  return {.reads_catalog = resolver.reads_catalog(), .inline_tables = resolver.inline_tables()};
}

}  // namespace tavana::duckdb_engine
