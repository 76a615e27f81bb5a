import 'reflect-metadata';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { AccessResolver } from './access.resolver';
import { BooksResolver, PoolBooksResolver } from './books.resolver';
import { CareResolver } from './care.resolver';
import { CoalitionResolver } from './coalition.resolver';
import { ConversionResolver } from './conversion.resolver';
import { EarningResolver } from './earning.resolver';
import { ExchangeResolver } from './exchange.resolver';
import { ExpiryResolver } from './expiry.resolver';
import { GiftResolver } from './gift.resolver';
import { IdentifierResolver } from './identifier.resolver';
import { ImportResolver } from './ingest.resolver';
import { LimitsResolver } from './limits.resolver';
import { LinkResolver } from './link.resolver';
import { LoginResolver } from './login.resolver';
import { MemberResolver, WalletResolver } from './member.resolver';
import { PartnershipChangeResolver, PartnershipResolver, TermsResolver } from './partnership.resolver';
import { PoolResolver } from './pool.resolver';
import { PurchaseResolver } from './purchase.resolver';
import { RedemptionResolver } from './redemption.resolver';
import { describeCodes } from './refusal.types';
import { refuseSuspended } from './refuse-suspended';
import { SandboxResolver } from './sandbox.resolver';
import { callDirectly, keepInputFieldsReady, rememberAnswerTypes } from './schema-shortcuts';
import { SetAsideEventResolver } from './set-aside.resolver';
import { PeriodResolver, StatementLineResolver, StatementResolver } from './settlement.resolver';
import { ViewerResolver } from './viewer.resolver';

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
  const schema = buildSchemaSync({ resolvers: [...resolvers], validate: false });
  const query = schema.getQueryType();
  if (query) query.description = 'Reads. What the asking principal may not see is absent or NOT_FOUND.';
  const mutation = schema.getMutationType();
  if (mutation) mutation.description = 'Changes. Each answers with the thing changed, or with a refusal.';
  describeCodes(schema);
  callDirectly(schema);
  refuseSuspended(schema);
  rememberAnswerTypes(schema);
  keepInputFieldsReady(schema);
  return schema;
}

/** The contract as text, sorted: schema/schema.graphql. */
export function printTesseraSchema(): string {
  return `${printSchema(lexicographicSortSchema(buildTesseraSchema()))}\n`;
}
