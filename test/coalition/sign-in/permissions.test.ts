import { requireBrandOrOperator } from '../../../src/coalition/access/permissions';
import type { Principal, StaffRole } from '../../../src/coalition/access/principal';
import { newUuid } from '../../../src/platform/ids';

const [operator, fuel, taxi] = [newUuid(), newUuid(), newUuid()];
const staff = (brandId: string, role: StaffRole): Principal => ({ kind: 'staff', staffId: newUuid(), brandId, role, ofOperator: brandId === operator });
const audit = { scope: 'admin', roles: ['PROGRAMME_MANAGER', 'COMPLIANCE_OFFICER'] } as const;
const changes = { scope: 'admin', roles: ['PROGRAMME_MANAGER'] } as const;

test("the operator's staff act in the roles that are named, for any brand", () => {
  expect(requireBrandOrOperator(staff(operator, 'COMPLIANCE_OFFICER'), audit, fuel)).toBe(fuel);
  expect(requireBrandOrOperator(staff(operator, 'OPERATOR'), changes, fuel)).toBe(fuel);
  expect(() => requireBrandOrOperator(staff(operator, 'COMPLIANCE_OFFICER'), changes, fuel)).toThrow(
    "These credentials may not do this. It asks for the operator's staff with the role PROGRAMME_MANAGER or OPERATOR.",
  );
  expect(() => requireBrandOrOperator(staff(operator, 'FINANCE'), audit, null)).toThrow('These credentials may not do this.');
});

test("a brand's staff act for their own brand only", () => {
  expect(requireBrandOrOperator(staff(fuel, 'PROGRAMME_MANAGER'), changes, null)).toBe(fuel);
  expect(() => requireBrandOrOperator(staff(fuel, 'PROGRAMME_MANAGER'), changes, taxi)).toThrow('Brand not found.');
  expect(() => requireBrandOrOperator(staff(fuel, 'SUPPORT'), audit, null)).toThrow(
    'These credentials may not do this. It asks for an API client with the scope "admin", or staff with the role PROGRAMME_MANAGER or COMPLIANCE_OFFICER.',
  );
});
