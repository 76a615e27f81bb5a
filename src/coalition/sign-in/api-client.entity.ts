import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Uuid } from '../../platform/ids';
import type { Scope } from '../access/principal';

/** A brand's backend. */
@Entity('api_client')
export class ApiClient {
  @PrimaryColumn('uuid')
  id!: Uuid;

  @Column('uuid', { name: 'brand_id' })
  brandId!: Uuid;

  @Column('text')
  name!: string;

  @Column('text', { array: true })
  scopes!: Scope[];

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'disabled_at', nullable: true })
  disabledAt!: Date | null;
}
