#include "duckdb/casts.h"

#include <algorithm>
#include <cctype>
#include <duckdb.hpp>
#include <duckdb/function/cast/cast_function_set.hpp>
#include <duckdb/function/cast/default_casts.hpp>
#include <duckdb/function/cast_rules.hpp>
#include <duckdb/main/database.hpp>
#include <string>
#include <string_view>

namespace tavana::duckdb_engine {
namespace {

using ::duckdb::BindCastInput;
using ::duckdb::BoundCastData;
using ::duckdb::BoundCastInfo;
using ::duckdb::CastLocalStateParameters;
using ::duckdb::CastParameters;
using ::duckdb::DefaultCasts;
using ::duckdb::idx_t;
using ::duckdb::LogicalType;
using ::duckdb::LogicalTypeId;
using ::duckdb::string_t;
using ::duckdb::Vector;

/// Writes PostgreSQL's spelling `text` as DuckDB's; false when `text` is not one, and stays as it is.
using Respell = bool (*)(std::string_view text, std::string& respelled);

bool IsHex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }
char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

std::string_view Trimmed(std::string_view text) {
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// \x68657861, all of it: DuckDB would take two digits and the rest as characters.
bool RespellBytea(std::string_view text, std::string& respelled) {
  if (text.size() % 2 != 0 || !text.starts_with("\\x")) return false;
  const auto digits = text.substr(2);
  if (!std::all_of(digits.begin(), digits.end(), IsHex)) return false;
  respelled.clear();
  respelled.reserve(digits.size() * 2);
  for (std::size_t i = 0; i < digits.size(); i += 2) respelled.append("\\x").append(digits.substr(i, 2));
  return true;
}

/// "0044-03-15 [10:00:00[+00]] BC": DuckDB wants "(BC)" behind the date, and reads a bare BC as nothing.
bool RespellEra(std::string_view text, std::string& respelled) {
  text = Trimmed(text);
  if (text.size() < 4 || Lower(text.back()) != 'c' || Lower(text[text.size() - 2]) != 'b') return false;
  text.remove_suffix(2);
  if (std::isspace(static_cast<unsigned char>(text.back())) == 0) return false;
  text = Trimmed(text);
  const auto date_end = std::min(text.find(' '), text.size());
  respelled.assign(text.substr(0, date_end)).append(" (BC)").append(text.substr(date_end));
  return true;
}

bool RespellBoolean(std::string_view text, std::string& respelled) {
  text = Trimmed(text);
  if (text.size() < 2 || text.size() > 3 || Lower(text[0]) != 'o') return false;
  const bool on = text.size() == 2 && Lower(text[1]) == 'n';
  const bool off = Lower(text[1]) == 'f' && (text.size() == 2 || Lower(text[2]) == 'f');
  if (!on && !off) return false;
  respelled = on ? "true" : "false";
  return true;
}

/// {1,"a b",NULL,{2}} as [1,"a b",NULL,[2]]. Quoting with "" and \ is the same in both.
bool RespellArray(std::string_view text, std::string& respelled) {
  text = Trimmed(text);
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return false;
  respelled.clear();
  respelled.reserve(text.size());
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      respelled.push_back(c);
      respelled.push_back(text[++i]);
    } else if (c == '"') {
      quoted = !quoted;
      respelled.push_back(c);
    } else if (!quoted && (c == '{' || c == '}')) {
      respelled.push_back(c == '{' ? '[' : ']');
    } else {
      respelled.push_back(c);
    }
  }
  return true;
}

/// The cast that DuckDB would have used, and what to do before it.
struct RespelledCast : BoundCastData {
  RespelledCast(Respell respell, BoundCastInfo cast) : respell(respell), cast(std::move(cast)) {}
  ::duckdb::unique_ptr<BoundCastData> Copy() const override {
    return ::duckdb::make_uniq<RespelledCast>(respell, cast.Copy());
  }
  Respell respell;
  BoundCastInfo cast;
};

bool CastRespelled(Vector& source, Vector& result, idx_t count, CastParameters& parameters) {
  auto& data = parameters.cast_data->Cast<RespelledCast>();
  CastParameters inner(parameters, data.cast.cast_data.get(), parameters.local_state);
  inner.nullify_parent = parameters.nullify_parent;

  ::duckdb::UnifiedVectorFormat format;
  source.ToUnifiedFormat(count, format);
  const auto* texts = ::duckdb::UnifiedVectorFormat::GetData<string_t>(format);
  const bool constant = source.GetVectorType() == ::duckdb::VectorType::CONSTANT_VECTOR;
  std::unique_ptr<Vector> respelled_source;  // made with the first text that needs it
  std::string respelled;
  for (idx_t row = 0; row < (constant ? std::min<idx_t>(count, 1) : count); ++row) {
    const auto at = format.sel->get_index(row);
    if (!format.validity.RowIsValid(at)) continue;
    if (!data.respell({texts[at].GetData(), texts[at].GetSize()}, respelled)) continue;
    if (!respelled_source) {
      respelled_source = std::make_unique<Vector>(LogicalType::VARCHAR, std::max<idx_t>(count, 1));
      ::duckdb::VectorOperations::Copy(source, *respelled_source, constant ? 1 : count, 0, 0);
    }
    ::duckdb::FlatVector::GetData<string_t>(*respelled_source)[row] =
        ::duckdb::StringVector::AddString(*respelled_source, respelled);
  }
  if (!respelled_source) return data.cast.function(source, result, count, inner);
  if (constant) respelled_source->SetVectorType(::duckdb::VectorType::CONSTANT_VECTOR);
  return data.cast.function(*respelled_source, result, count, inner);
}

::duckdb::unique_ptr<::duckdb::FunctionLocalState> InitRespelled(CastLocalStateParameters& parameters) {
  const auto& cast = parameters.cast_data->Cast<RespelledCast>().cast;
  if (cast.init_local_state == nullptr) return nullptr;
  CastLocalStateParameters inner(parameters, cast.cast_data.get());
  return cast.init_local_state(inner);
}

template <Respell kRespell>
BoundCastInfo BindRespelled(BindCastInput& input, const LogicalType& source, const LogicalType& target) {
  auto cast = DefaultCasts::GetDefaultCastFunction(input, source, target);
  return {CastRespelled, ::duckdb::make_uniq<RespelledCast>(kRespell, std::move(cast)), InitRespelled};
}

template <Respell kRespell>
void Register(::duckdb::CastFunctionSet& casts, const LogicalType& target) {
  for (const auto& source : {LogicalType(LogicalTypeId::VARCHAR), LogicalType(LogicalTypeId::STRING_LITERAL)}) {
    casts.RegisterCastFunction(source, target, BindRespelled<kRespell>,
                               ::duckdb::CastRules::ImplicitCast(source, target));
  }
}

}  // namespace

void RegisterPostgresSpellings(::duckdb::DatabaseInstance& instance) {
  auto& casts = ::duckdb::CastFunctionSet::Get(instance);
  Register<RespellBytea>(casts, LogicalType::BLOB);
  Register<RespellEra>(casts, LogicalType::DATE);
  Register<RespellEra>(casts, LogicalType::TIMESTAMP);  // with time zone it is the ICU extension's, which refuses BC
  Register<RespellBoolean>(casts, LogicalType::BOOLEAN);
  Register<RespellArray>(casts, LogicalType::LIST(LogicalType::ANY));
}

}  // namespace tavana::duckdb_engine
