import 'reflect-metadata';
import { assertValidSchema, type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { AccessResolver } from '../access/access.resolver';
import { LoginResolver } from '../access/login.resolver';
import { ViewerResolver } from '../access/viewer.resolver';
import { BooksResolver, PoolBooksResolver } from '../books/books.resolver';
import { CareResolver } from '../care/care.resolver';
import { CoalitionResolver } from '../coalition/coalition.resolver';
import { PartnershipChangeResolver, PartnershipResolver, TermsResolver } from '../coalition/partnership.resolver';
import { EarningResolver } from '../earning/earning.resolver';
import { ConversionResolver } from '../exchange/conversion.resolver';
import { ExchangeResolver } from '../exchange/exchange.resolver';
import { ExpiryResolver } from '../expiry/expiry.resolver';
import { disclosureMap } from '../graphql/disclosure-map';
import { describeCodes } from '../graphql/refusal.types';
import { ImportResolver } from '../ingest/ingest.resolver';
import { LimitsResolver, VELOCITY_LIMIT_RESOLVERS } from '../limits/limits.resolver';
import { IdentifierResolver } from '../members/identifier.resolver';
import { LinkResolver } from '../members/link.resolver';
import { MemberResolver, WalletResolver } from '../members/member.resolver';
import { PurchaseResolver } from '../purchases/purchase.resolver';
import { RedemptionResolver } from '../redemption/redemption.resolver';
import { RULE_RESOLVERS } from '../rules/rule-resolvers';
import { SandboxResolver } from '../sandbox/sandbox.resolver';
import { SetAsideEventResolver } from '../settlement/set-aside.resolver';
import { PeriodResolver, StatementLineResolver, StatementResolver } from '../settlement/settlement.resolver';
import { GiftResolver } from '../sharing/gift.resolver';
import { PoolResolver } from '../sharing/pool.resolver';
import { guardDisclosures } from './guard-disclosures';
import { refuseSuspended } from './refuse-suspended';
import { callDirectly, keepInputFieldsReady, rememberAnswerTypes } from './schema-shortcuts';

/** Every resolver, named: nothing is found by pattern. */
const resolvers = [
  AccessResolver,
  BooksResolver,
  CareResolver,
  CoalitionResolver,
  ConversionResolver,
  EarningResolver,
  ExchangeResolver,
  ExpiryResolver,
  GiftResolver,
  LimitsResolver,
  ...VELOCITY_LIMIT_RESOLVERS,
  LinkResolver,
  IdentifierResolver,
  LoginResolver,
  ImportResolver,
  MemberResolver,
  PartnershipChangeResolver,
  PartnershipResolver,
  PeriodResolver,
  PoolBooksResolver,
  PoolResolver,
  PurchaseResolver,
  RedemptionResolver,
  ...RULE_RESOLVERS,
  SetAsideEventResolver,
  StatementLineResolver,
  StatementResolver,
  TermsResolver,
  SandboxResolver,
  ViewerResolver,
  WalletResolver,
] as const;

/** The executable schema. */
export function buildTesseraSchema(): GraphQLSchema {
  // type-graphql's own check asks for the whole schema, which takes as long as building it.
  const schema = buildSchemaSync({ resolvers: [...resolvers], validate: false, skipCheck: true });
  assertValidSchema(schema);
  const query = schema.getQueryType();
  if (query) query.description = 'Reads. What the asking principal may not see is absent or NOT_FOUND.';
  const mutation = schema.getMutationType();
  if (mutation) mutation.description = 'Changes. Each answers with the thing changed, or with a refusal.';
  describeCodes(schema);
  callDirectly(schema);
  guardDisclosures(schema, disclosureMap(schema));
  refuseSuspended(schema);
  rememberAnswerTypes(schema);
  keepInputFieldsReady(schema);
  return schema;
}

/** The contract as text, sorted: schema/schema.graphql. */
export function printTesseraSchema(): string {
  return `${printSchema(lexicographicSortSchema(buildTesseraSchema()))}\n`;
}
