// Runs one scenario of node-postgres against PORT and prints what it saw as one line of JSON.
const { Client, Pool, types } = require('pg');
const options = { host: '127.0.0.1', port: Number(process.env.PORT), user: 'tavana' };

async function withClient(extra, body) {
  const client = new Client({ ...options, ...extra });
  await client.connect();
  try {
    return await body(client);
  } finally {
    await client.end();
  }
}

const code = (promise) => promise.then(() => 'no error', (error) => error.code);

const scenarios = {
  databases: async () => {
    const name = (extra) => withClient(extra, async (c) => (await c.query('SELECT current_database() AS d')).rows[0].d);
    const refused = await new Client({ ...options, database: 'nowhere' }).connect().then(() => null, (e) => e);
    return [await name({}), await name({ database: 'main' }), refused.code, refused.message];
  },
  parameters: () => withClient({}, async (c) => {
    const values = [true, 7, '1099511627776', 1.25, "ü'x", Buffer.from([0, 255]), [1, null, 3], ['a', null, 'b,c'], null];
    const kinds = ['BOOLEAN', 'INTEGER', 'BIGINT', 'DOUBLE', 'VARCHAR', 'BLOB', 'INTEGER[]', 'VARCHAR[]', 'INTEGER'];
    const result = await c.query(`SELECT ${kinds.map((k, i) => `$${i + 1}::${k} AS v${i}`)}`, values);
    const row = Object.values(result.rows[0]);
    row[5] = [...row[5]];
    return row;
  }),
  binary: () => withClient({}, async (c) =>
    (await c.query({ text: 'SELECT 42 AS a, 1.5::DOUBLE AS b, true AS c', binary: true, values: [] })).rows),
  dates: () => withClient({}, async (c) =>
    (await c.query('SELECT $1::TIMESTAMPTZ AS t', [new Date('2024-02-29T01:02:03.004Z')])).rows[0].t.toISOString()),
  prepared: () => withClient({}, async (c) => {
    let sum = 0;
    for (let i = 0; i < 200; i++) sum += (await c.query({ name: 'twice', text: 'SELECT $1::INTEGER * 2 AS v', values: [i] })).rows[0].v;
    return sum;
  }),
  errors: () => withClient({}, async (c) => {
    const seen = [await code(c.query('SELECT * FROM no_such_table')), (await c.query('SELECT 1 AS v')).rows[0].v];
    await c.query('BEGIN');
    seen.push(await code(c.query('SELECT * FROM no_such_table')), await code(c.query('SELECT 1')));
    seen.push((await c.query('COMMIT')).command, (await c.query('SELECT 2 AS v')).rows[0].v);
    return seen;
  }),
  rows: () => withClient({}, async (c) => {
    const many = await c.query('SELECT i::INTEGER AS i FROM range(200000) t(i)');
    const none = await c.query("SELECT 1 AS a, 'x' AS b WHERE false");
    return [many.rowCount, many.rows[199999].i, none.rows, none.fields.map((f) => f.name)];
  }),
  statements: () => withClient({}, async (c) => {
    const results = await c.query("CREATE TEMP TABLE s (a INTEGER); INSERT INTO s VALUES (1), (2); SELECT * FROM s");
    return results.map((r) => [r.command, r.rowCount]);
  }),
  cancel: () => withClient({}, async (c) => {
    const slow = code(c.query('SELECT count(*) FROM range(1000000) a, range(10000000) b WHERE a.range + b.range = -1'));
    // node-postgres' own way: a second client sends CancelRequest with the first one's key.
    const canceller = new Client(options);
    canceller.connection.on('connect', () => canceller.connection.cancel(c.processID, c.secretKey));
    await new Promise((resolve) => {
      canceller.connection.on('end', resolve);
      canceller.connection.on('error', () => {});
      canceller.connection.connect(options.port, options.host);
    });
    return [await slow, (await c.query('SELECT 1 AS v')).rows[0].v];
  }),
  pool: async () => {
    const pool = new Pool({ ...options, max: 5 });
    const results = await Promise.all([...Array(50).keys()].map((i) => pool.query('SELECT $1::INTEGER AS v', [i])));
    await pool.end();
    return results.reduce((sum, r) => sum + r.rows[0].v, 0);
  },
};

scenarios[process.argv[2]]().then((seen) => console.log(JSON.stringify(seen)), (error) => {
  console.error(error);
  process.exit(1);
});
