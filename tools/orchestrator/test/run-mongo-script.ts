import * as driver from 'mongodb';

type Command = { readonly database: string; readonly command: driver.Document };

/** Runs a script of `db.runCommand(…)` as mongosh does, with its names for the BSON types. */
export async function runMongoScript(client: driver.MongoClient, script: string): Promise<void> {
  const { Long, Int32, Double, Decimal128, Binary, UUID, ObjectId, Timestamp, MinKey, MaxKey, Code, BSONRegExp } =
    driver;
  const globals = {
    Long,
    Int32,
    Double,
    Decimal128,
    Binary,
    UUID,
    ObjectId,
    Timestamp,
    MinKey,
    MaxKey,
    Code,
    BSONRegExp,
  };
  const commands: Command[] = [];
  const shell = (database: string) => ({
    getSiblingDB: shell,
    runCommand: (command: driver.Document) => commands.push({ database, command }),
    adminCommand: (command: driver.Document) => commands.push({ database: 'admin', command }),
  });
  new Function('db', ...Object.keys(globals), script)(shell('test'), ...Object.values(globals));
  for (const { database, command } of commands) {
    await client.db(database).command(command);
  }
}
