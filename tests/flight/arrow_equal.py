"""Arrow tables are the same when every bit of every value is: NaN equals NaN, 0.0 is not -0.0."""

import pyarrow
import pyarrow.compute as compute

types = pyarrow.types


def same_array(one, other):
    if one.type != other.type or len(one) != len(other) or not one.is_null().equals(other.is_null()):
        return False
    kind = one.type
    if isinstance(kind, pyarrow.BaseExtensionType):
        return same_array(one.storage, other.storage)
    if types.is_floating(kind):
        integer = {16: pyarrow.int16(), 32: pyarrow.int32(), 64: pyarrow.int64()}[kind.bit_width]
        return one.view(integer).equals(other.view(integer))
    if types.is_dictionary(kind):
        return same_array(one.dictionary_decode(), other.dictionary_decode())
    if types.is_struct(kind):
        return all(map(same_array, one.flatten(), other.flatten()))
    if types.is_map(kind):
        as_list = pyarrow.list_(pyarrow.struct([kind.key_field, kind.item_field]))
        return same_array(one.cast(as_list), other.cast(as_list))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        lengths = compute.list_value_length(one).equals(compute.list_value_length(other))
        return lengths and same_array(one.flatten(), other.flatten())
    if types.is_union(kind):
        chosen = [one.type_codes, other.type_codes]
        if not chosen[0].equals(chosen[1]):
            return False
        return all(same_array(*(each.field(i).filter(compute.equal(codes, i)) for each, codes in zip((one, other), chosen)))
                   for i in range(kind.num_fields))
    return one.equals(other)


def assert_same(seen, wanted):
    assert seen.schema.equals(wanted.schema, check_metadata=True), f"{seen.schema.to_string()}\n\nis not\n\n{wanted.schema.to_string()}"
    assert seen.num_rows == wanted.num_rows
    if seen.num_rows == 0:
        return
    for name, *columns in zip(seen.column_names, seen.columns, wanted.columns):
        one, other = (pyarrow.concat_arrays(column.chunks) for column in columns)
        assert same_array(one, other), f"{name}: {one.slice(0, 20)}\n\nis not\n\n{other.slice(0, 20)}"
