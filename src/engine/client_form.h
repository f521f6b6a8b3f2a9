#pragma once

#include <arrow/api.h>
#include <arrow/ipc/options.h>

#include <memory>

#include "base/result.h"
#include "engine/engine.h"

/// What engine::ClientForm means. Thread-safe.
namespace tavana::engine {

/// The engine's types are lossless; clients of Arrow get those that DuckDB's own export to Arrow has by default:
/// HUGEINT as decimal128(38, 0), UUID as text, every DECIMAL as decimal128, TIME WITH TIME ZONE without its zone.
/// What is of them already stays as it is.
std::shared_ptr<arrow::Schema> ClientSchema(const std::shared_ptr<arrow::Schema>& schema, bool string_views);

/// The batch as ClientSchema says of its own; what needs no change is not copied.
Result<std::shared_ptr<arrow::RecordBatch>> ClientBatch(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                        const std::shared_ptr<arrow::Schema>& client_schema);

/// kUnsupported where Arrow lacks the codec.
Result<arrow::ipc::IpcWriteOptions> EncodingOf(const ClientForm& form);

}  // namespace tavana::engine
