//! Runs every scenario of tokio-postgres and of sqlx against the port it is given and prints "name<tab>what it saw".
use futures_util::{pin_mut, StreamExt};
use sqlx::Row as _;
use std::fmt::{Debug, Display};
use tokio_postgres::{binary_copy::BinaryCopyInWriter, types::Type, NoTls};

fn saw<T: Display, E: Debug>(name: &str, result: Result<T, E>) {
    match result {
        Ok(value) => println!("{name}\t{value}"),
        Err(error) => println!("{name}\tFAILED {}", format!("{error:?}").replace('\n', " ")),
    }
}

fn code(result: Result<impl Sized, tokio_postgres::Error>) -> Result<String, &'static str> {
    let error = result.err().ok_or("no error")?;
    Ok(error.code().ok_or("no code")?.code().to_string())
}

fn moment() -> chrono::DateTime<chrono::Utc> {
    "2024-02-29T01:02:03.000004Z".parse().unwrap()
}

async fn with_tokio_postgres(port: &str) -> Result<(), tokio_postgres::Error> {
    let (mut client, connection) = tokio_postgres::connect(&format!("host=127.0.0.1 port={port} user=tavana dbname=tavana"), NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("CREATE TABLE r_tokio (id integer, name text, made timestamptz)").await?;

    let row = client
        .query_one(
            "SELECT $1::int4, $2::text, $3::float8, $4::int4[], $5::timestamptz, $6::json, $7::uuid, $8::bytea",
            &[&7i32, &"ü'x", &1.5f64, &vec![Some(1i32), None], &moment(), &serde_json::json!({"a": 1}), &uuid::Uuid::from_u128(7), &vec![0u8, 255]],
        )
        .await;
    saw("tokio values", row.map(|row| format!("{} {} {} {:?} {} {} {} {:?}", row.get::<_, i32>(0), row.get::<_, String>(1), row.get::<_, f64>(2),
        row.get::<_, Vec<Option<i32>>>(3), row.get::<_, chrono::DateTime<chrono::Utc>>(4), row.get::<_, serde_json::Value>(5),
        row.get::<_, uuid::Uuid>(6), row.get::<_, Vec<u8>>(7))));
    saw("tokio insert", client.execute("INSERT INTO r_tokio VALUES ($1, $2, $3)", &[&1i32, &"ada", &moment()]).await);
    let transaction = client.transaction().await?;
    transaction.execute("DELETE FROM r_tokio", &[]).await?;
    transaction.rollback().await?;
    saw("tokio rollback", client.query_one("SELECT count(*) FROM r_tokio", &[]).await.map(|row| row.get::<_, i64>(0)));

    let writer = BinaryCopyInWriter::new(client.copy_in("COPY r_tokio (id, name) FROM STDIN BINARY").await?, &[Type::INT4, Type::TEXT]);
    pin_mut!(writer);
    for number in 0..1000i32 {
        writer.as_mut().write(&[&number, &"copied"]).await?;
    }
    saw("tokio copy in", writer.finish().await);
    let out = client.copy_out("COPY (SELECT id FROM r_tokio ORDER BY id) TO STDOUT").await?;
    pin_mut!(out);
    let mut lines = 0;
    while let Some(bytes) = out.next().await {
        lines += bytes?.iter().filter(|byte| **byte == b'\n').count();
    }
    println!("tokio copy out\t{lines}");

    let transaction = client.transaction().await?;
    let portal = transaction.bind("SELECT range::bigint FROM range(1050)", &[]).await?;
    let mut portions = vec![];
    loop {
        let rows = transaction.query_portal(&portal, 100).await?.len();
        portions.push(rows);
        if rows < 100 {
            break;
        }
    }
    println!("tokio portal\t{} {}", portions.len(), portions.iter().sum::<usize>());
    transaction.commit().await?;
    saw("tokio simple", client.simple_query("SELECT 1; SELECT 'a', 2").await.map(|messages| messages.len()));
    let (one, two) = futures_util::future::join(client.query_one("SELECT 1::int4", &[]), client.query_one("SELECT 2::int4", &[])).await;
    println!("tokio pipeline\t{} {}", one?.get::<_, i32>(0), two?.get::<_, i32>(0));
    saw("tokio error", code(client.query("SELECT nobody", &[]).await));

    let token = client.cancel_token();
    let cancel = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        token.cancel_query(NoTls).await
    };
    let (stopped, cancelled) = futures_util::future::join(client.query("SELECT count(*) FROM range(1000000000000) WHERE range % 3 = 1", &[]), cancel).await;
    cancelled?;
    saw("tokio cancel", code(stopped));
    client.batch_execute("DROP TABLE r_tokio").await
}

async fn with_sqlx(port: &str) -> Result<(), sqlx::Error> {
    let pool = sqlx::PgPool::connect(&format!("postgres://tavana@127.0.0.1:{port}/tavana?sslmode=disable")).await?;
    sqlx::query("CREATE TABLE r_sqlx (id integer, name text, made timestamptz)").execute(&pool).await?;
    let row = sqlx::query("SELECT $1::int4, $2::text, $3::numeric(10,2), $4::json, $5::int4[], $6::bool, $7::date, $8::uuid")
        .bind(7i32).bind("ü'x").bind(rust_decimal::Decimal::new(125, 2)).bind(serde_json::json!([1])).bind(vec![1i32, 2]).bind(true)
        .bind(chrono::NaiveDate::from_ymd_opt(2024, 2, 29)).bind(uuid::Uuid::from_u128(7))
        .fetch_one(&pool).await;
    saw("sqlx values", row.map(|row| format!("{} {} {} {} {:?} {} {} {}", row.get::<i32, _>(0), row.get::<String, _>(1),
        row.get::<rust_decimal::Decimal, _>(2), row.get::<serde_json::Value, _>(3), row.get::<Vec<i32>, _>(4), row.get::<bool, _>(5),
        row.get::<chrono::NaiveDate, _>(6), row.get::<uuid::Uuid, _>(7))));
    saw("sqlx rows", sqlx::query_as::<_, (i64, String)>("SELECT range::bigint, 'x' FROM range(1000)").fetch_all(&pool).await.map(|rows| rows.len()));
    saw("sqlx insert", sqlx::query("INSERT INTO r_sqlx VALUES ($1, $2, $3)").bind(7i32).bind("ada").bind(moment()).execute(&pool).await.map(|done| done.rows_affected()));
    let mut transaction = pool.begin().await?;
    let changed = sqlx::query("UPDATE r_sqlx SET name = 'eve' WHERE id = $1").bind(7i32).execute(&mut *transaction).await?.rows_affected();
    transaction.rollback().await?;
    saw("sqlx rollback", sqlx::query_scalar::<_, String>("SELECT name FROM r_sqlx").fetch_one(&pool).await.map(|name| format!("{changed} {name}")));
    let error = sqlx::query("SELECT nobody").execute(&pool).await.err();
    println!("sqlx error\t{}", error.and_then(|error| error.as_database_error().and_then(|error| error.code().map(|code| code.to_string()))).unwrap_or_default());
    let mut rows = sqlx::query("SELECT range FROM range(5000)").fetch(&pool);
    let mut count = 0;
    while let Some(row) = rows.next().await {
        row?;
        count += 1;
    }
    println!("sqlx stream\t{count}");
    drop(rows);
    let mut connection = pool.acquire().await?;
    let mut copy = connection.copy_in_raw("COPY r_sqlx (id, name) FROM STDIN (FORMAT csv)").await?;
    copy.send("1,a\n2,b\n".as_bytes()).await?;
    saw("sqlx copy", copy.finish().await);
    sqlx::query("DROP TABLE r_sqlx").execute(&mut *connection).await?;
    Ok(())
}

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).expect("a port");
    with_tokio_postgres(&port).await.expect("tokio-postgres");
    with_sqlx(&port).await.expect("sqlx");
}
