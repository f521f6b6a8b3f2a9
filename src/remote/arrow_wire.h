#pragma once

#include <arrow/api.h>
#include <arrow/ipc/options.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine.pb.h"
#include "remote/frame.h"

/// Arrow's schemas, types, tables and batches as bytes, and back. Each reading function gives kProtocol for bytes that
/// do not read. Thread-safe.
namespace tavana::remote {

Result<std::string> SchemaBytes(const arrow::Schema& schema);
Result<std::shared_ptr<arrow::Schema>> SchemaOf(std::string_view bytes);

/// Types, some of which may be null.
Result<std::string> TypesBytes(std::span<const std::shared_ptr<arrow::DataType>> types);
Result<std::vector<std::shared_ptr<arrow::DataType>>> TypesOf(std::string_view bytes);

Result<std::string> TableBytes(const arrow::Table& table);
Result<std::shared_ptr<arrow::Table>> TableOf(std::string_view bytes);
/// A single batch.
Result<std::string> BatchBytes(const std::shared_ptr<arrow::RecordBatch>& batch);
Result<std::shared_ptr<arrow::RecordBatch>> BatchOf(std::string_view bytes);

/// The batch as a header and the buffers it has in memory, uncopied.
Status EncodeBatch(const std::shared_ptr<arrow::RecordBatch>& batch, wire::Batch& header, BodyBuffers& body,
                   const arrow::ipc::IpcWriteOptions& options = arrow::ipc::IpcWriteOptions::Defaults());
/// Whether its batches are encoded as a whole stream: dictionaries have messages of their own.
bool HasDictionary(const arrow::Schema& schema);
/// Borrows `body`.
Result<std::shared_ptr<arrow::RecordBatch>> DecodeBatch(const wire::Batch& header,
                                                        const std::shared_ptr<arrow::Buffer>& body,
                                                        const std::shared_ptr<arrow::Schema>& schema);

}  // namespace tavana::remote
