import { loadContract } from "../contracts/compile";
import { removeImages } from "./containers";
import { PostgresServer } from "./postgres";

/**
 * One PostgreSQL server for all test files: the one that BATON_TEST_DATABASE_URL names (./test starts it), or our own,
 * named there for the test files. And one name for the container images that the first file which needs them builds.
 */
export default async function setup(): Promise<() => void> {
    // Compiling takes long the first time, longer than a test may.
    loadContract("LinkToken");
    loadContract("Operator");
    const given = process.env.BATON_TEST_DATABASE_URL;
    const server = given ? await PostgresServer.at(given) : await PostgresServer.start({ fast: true });
    process.env.BATON_TEST_DATABASE_URL = server.url;
    const images = `baton-test-${process.pid}-images`;
    process.env.BATON_TEST_IMAGES = images;
    return () => {
        server.stop();
        removeImages(images);
    };
}
