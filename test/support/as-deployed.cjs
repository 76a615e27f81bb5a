/**
 * What costs a test run time and no deployment pays. graphql asks of every value whether it comes from a second copy of
 * the library, unless it is loaded in production. Stacks are as deep as Node makes them, not ten times as deep: graphql
 * reads the stack of every error, and jest looks up each of its lines.
 */
const { NODE_ENV } = process.env;
process.env.NODE_ENV = 'production';
require('graphql/jsutils/instanceOf');
process.env.NODE_ENV = NODE_ENV;
Error.stackTraceLimit = 10;
