"""SQLAlchemy 2 over each of its synchronous drivers: reflection, the ORM, and pandas on top of it."""

import datetime
import decimal

import pandas
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "orm_customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(30))
    orders: Mapped[list["Order"]] = relationship(back_populates="customer", order_by="Order.id")


class Order(Base):
    __tablename__ = "orm_order"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("orm_customer.id"))
    amount: Mapped[decimal.Decimal] = mapped_column(sa.Numeric(10, 2))
    made: Mapped[datetime.datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    details: Mapped[dict] = mapped_column(sa.JSON)
    customer: Mapped[Customer] = relationship(back_populates="orders")


@pytest.fixture(params=["psycopg", "psycopg2", "pg8000"])
def engine(request, server):
    made = sa.create_engine(f"postgresql+{request.param}://tavana@127.0.0.1:{server.port}/tavana")
    yield made
    made.dispose()


@pytest.fixture
def tables(engine):
    statements = [
        "CREATE TABLE parent (id integer PRIMARY KEY, name varchar NOT NULL DEFAULT 'x', amount numeric(10,2), tags text[])",
        "CREATE TABLE child (id bigint PRIMARY KEY, parent_id integer REFERENCES parent(id), ratio double precision UNIQUE)",
        "CREATE INDEX child_ratio ON child (ratio, parent_id)",
        "CREATE VIEW parents AS SELECT id, name FROM parent",
        "COMMENT ON TABLE parent IS 'of children'",
        "COMMENT ON COLUMN parent.amount IS 'in euros'",
        "CREATE SEQUENCE counted",
    ]
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    yield
    with engine.begin() as connection:
        for statement in ["DROP VIEW parents", "DROP TABLE child, parent", "DROP SEQUENCE counted"]:
            connection.execute(sa.text(statement))


def test_reflection_finds_what_is_there(engine, tables):
    inspector = sa.inspect(engine)
    assert inspector.default_schema_name == "public"
    assert set(inspector.get_schema_names()) >= {"information_schema", "public"}
    assert len(inspector.get_schema_names()) == len(set(inspector.get_schema_names()))
    assert {"parent", "child"} <= set(inspector.get_table_names())
    assert inspector.get_view_names() == ["parents"]
    assert inspector.has_table("parent") and not inspector.has_table("nobody")
    columns = {column["name"]: column for column in inspector.get_columns("parent")}
    assert list(columns) == ["id", "name", "amount", "tags"]
    assert isinstance(columns["id"]["type"], sa.Integer) and not columns["id"]["nullable"]
    assert isinstance(columns["amount"]["type"], sa.Numeric)
    assert (columns["amount"]["type"].precision, columns["amount"]["type"].scale) == (10, 2)
    assert isinstance(columns["tags"]["type"], sa.ARRAY) and columns["tags"]["nullable"]
    assert columns["name"]["default"] == "'x'" and columns["amount"]["comment"] == "in euros"
    assert inspector.get_pk_constraint("parent")["constrained_columns"] == ["id"]
    (key,) = inspector.get_foreign_keys("child")
    assert (key["constrained_columns"], key["referred_table"], key["referred_columns"]) == (["parent_id"], "parent", ["id"])
    assert [index["column_names"] for index in inspector.get_indexes("child") if index["name"] == "child_ratio"] == [
        ["ratio", "parent_id"]]
    assert [each["column_names"] for each in inspector.get_unique_constraints("child")] == [["ratio"]]
    assert inspector.get_table_comment("parent") == {"text": "of children"}
    assert inspector.get_sequence_names() == ["counted"]
    assert inspector.get_enums() == []


def test_whole_schemas_are_reflected(engine, tables):
    metadata = sa.MetaData()
    metadata.reflect(engine, views=True)
    assert {"parent", "child", "parents"} <= set(metadata.tables)
    assert [key.target_fullname for key in metadata.tables["child"].foreign_keys] == ["parent.id"]


def test_the_orm_keeps_objects(engine):
    Base.metadata.create_all(engine)
    try:
        with Session(engine) as session:
            ada = Customer(name="ada", orders=[Order(amount=decimal.Decimal("1.50"), details={"a": 1}),
                                               Order(amount=decimal.Decimal("2.25"), details={"b": [1, None]})])
            session.add_all([ada, Customer(name="bob")])
            session.commit()
            assert [customer.id for customer in session.scalars(sa.select(Customer).order_by(Customer.id))] == [1, 2]
            found = session.scalars(sa.select(Customer).join(Order).where(Order.amount > 1).distinct()).one()
            assert [(order.id, order.amount, order.details) for order in found.orders] == [
                (1, decimal.Decimal("1.50"), {"a": 1}), (2, decimal.Decimal("2.25"), {"b": [1, None]})]
            assert abs(found.orders[0].made - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(minutes=5)
            found.name = "eve"
            session.delete(found.orders[1])
            session.commit()
            session.add(Order(customer_id=1, amount=decimal.Decimal("9.99"), details={}))
            session.flush()
            session.rollback()
            assert session.execute(sa.select(Customer.name, sa.func.count(Order.id), sa.func.sum(Order.amount))
                                   .join(Order).group_by(Customer.name)).all() == [("eve", 1, decimal.Decimal("1.50"))]
    finally:
        Base.metadata.drop_all(engine)
    assert not {"orm_customer", "orm_order"} & set(sa.inspect(engine).get_table_names())


def test_an_error_leaves_the_pool_usable(engine):
    with engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError):
        connection.execute(sa.text("SELECT * FROM nobody"))
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1


def test_pandas_writes_and_reads_frames(engine):
    frame = pandas.DataFrame({
        "whole": [1, 2, 3], "part": [1.5, None, 3.5], "text": ["a", None, "ü'\"\\"], "flag": [True, False, True],
        "time": pandas.to_datetime(["2020-01-01 01:02:03", "2021-06-01 00:00:00", None])})
    try:
        assert frame.to_sql("frame", engine, index=False, if_exists="replace") is not None
        frame.to_sql("frame", engine, index=False, if_exists="append", method="multi")
        both = pandas.concat([frame, frame], ignore_index=True)
        for read in (pandas.read_sql("SELECT * FROM frame", engine), pandas.read_sql_table("frame", engine)):
            pandas.testing.assert_frame_equal(read, both, check_dtype=False)
        chunks = list(pandas.read_sql("SELECT * FROM frame", engine, chunksize=4))
        assert [len(chunk) for chunk in chunks] == [4, 2]
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE frame"))
