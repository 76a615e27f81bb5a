import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Uuid } from '../../platform/ids';

/** One of at most two live secrets of an API client: only its SHA-256 is kept. */
@Entity('api_client_secret')
export class ApiClientSecret {
  @PrimaryColumn('uuid')
  id!: Uuid;

  @Column('uuid', { name: 'client_id' })
  clientId!: Uuid;

  /** 1 or 2: each can hold one live secret. */
  @Column('smallint')
  slot!: number;

  @Column('bytea', { name: 'secret_hash' })
  secretHash!: Buffer;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;
}
