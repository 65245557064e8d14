import { expect } from "chai";
import {
  MaxUint256,
  parseEther,
  Signature,
  ZeroAddress,
  type BaseContract,
  type ParamType,
  type TypedDataDomain,
} from "ethers";
import { grantsOf, handOver, ROLES } from "../../deploy/lib/access";
import { ethers, loadFixture, takeSnapshot } from "../helpers/hre";
import { deployLentPool } from "../helpers/pool";

describe("Attacks: governance and signatures", () => {
  /** After the handover: the deployer is nobody. */
  async function handedOver() {
    const p = await deployLentPool();
    await handOver(p.manager, grantsOf({ governor: p.governor.address, guardian: p.guardian.address }, 0n));
    return p;
  }

  it("No single role call makes a healthy account liquidatable", async () => {
    const p = await loadFixture(handedOver);
    const governed = p.factory.connect(p.governor);
    const fund = p.fund.connect(p.governor);
    const start = await takeSnapshot();
    for (const [name, call] of Object.entries({
      "a cap of 0": () => governed.setSupplyCap(p.pool, 0n),
      "no cap": () => governed.setSupplyCap(p.pool, 2n ** 96n),
      "a pause": () => p.factory.connect(p.guardian).pause(p.pool),
      "the end of a pause": () => governed.unpause(p.pool),
      "no cover": () => fund.setCoverageLimit(p.pool, 0n),
      "all cover": () => fund.setCoverageLimit(p.pool, 2n ** 90n),
    })) {
      const health = await p.pool.healthOf(p.borrower);
      await call();
      expect(await p.pool.healthOf(p.borrower), name).to.be.within(health - 10n ** 12n, health);
      await expect(p.pool.liquidate(p.borrower, 1n, 0n, "0x"), name).to.be.revertedWithCustomError(
        p.pool,
        "HealthyPosition",
      );
      await start.restore();
    }
  });

  it("every function × every role is tabled in one test; the deployer ends with no role", async () => {
    const p = await loadFixture(handedOver);
    for (const role of Object.values(ROLES)) {
      expect(await p.manager.hasRole(role, p.deployer)).to.deep.equal([false, 0n]);
    }
    const contracts: Record<string, BaseContract> = {
      pool: p.pool,
      factory: p.factory,
      fund: p.fund,
      socializer: p.socializer,
      manager: p.manager,
    };
    const people = {
      deployer: p.deployer,
      governor: p.governor,
      guardian: p.guardian,
      treasury: p.treasury,
      lender: p.lender,
      borrower: p.borrower,
      staker: p.staker,
      stranger: p.stranger,
    };
    const callers: [string, string][] = [];
    for (const [name, who] of Object.entries({ ...people, ...contracts })) callers.push([name, await who.getAddress()]);
    callers.push(["twin", await p.pool.twin()], ["oracle", await p.oracle.getAddress()]);

    const refusals = new Set(
      [
        "AccessManagedUnauthorized(address)",
        "AccessManagerUnauthorizedAccount(address,uint64)",
        "Unauthorized(address)",
        "UnknownPool(address)",
      ].map((error) => ethers.id(error).slice(0, 10)),
    );
    const pool = await p.pool.getAddress();
    const sample = ({ baseType, components, arrayLength }: ParamType): unknown => {
      if (baseType === "tuple") return components!.map(sample);
      if (baseType === "array") return arrayLength! > 0 ? Array.from({ length: arrayLength! }, () => 0n) : [];
      if (baseType === "address") return pool;
      if (baseType === "bool") return true;
      if (baseType.startsWith("bytes"))
        return baseType === "bytes" ? "0x" : `0x${"00".repeat(Number(baseType.slice(5)))}`;
      return baseType === "string" ? "" : 1n;
    };
    /** Of the functions that not everyone may call: who may. (The manager's operations know their own callers.) */
    const table: Record<string, string[]> = {};
    let tried = 0;
    for (const [contract, { interface: abi }] of Object.entries(contracts)) {
      const to = await contracts[contract].getAddress();
      for (const fragment of abi.fragments) {
        if (!("selector" in fragment) || !("constant" in fragment) || fragment.constant) continue;
        const name = String((fragment as unknown as { name: string }).name);
        const data = abi.encodeFunctionData(name, fragment.inputs.map(sample));
        const may: string[] = [];
        for (const [caller, from] of callers) {
          const answer = await ethers.provider.call({ from, to, data }).catch((error: { data?: string }) => error.data);
          if (!refusals.has((answer ?? "").slice(0, 10))) may.push(caller);
          tried++;
        }
        if (may.length !== callers.length) table[`${contract}.${name}`] = may;
      }
    }
    expect(tried).to.be.greaterThan(1_000);
    const admin = ["governor"];
    expect(table).to.deep.equal({
      "pool.setSupplyCap": ["factory"],
      "pool.setPaused": ["factory"],
      "pool.harvest": ["fund"],
      "pool.creditRecovery": ["socializer"],
      "factory.setSupplyCap": ["governor"],
      "factory.pause": ["guardian"],
      "factory.unpause": ["governor"],
      "factory.setAuthority": ["manager"],
      "fund.setCoverageLimit": ["governor"],
      "fund.cover": ["socializer"],
      "fund.creditRecovery": ["socializer"],
      "fund.setAuthority": ["manager"],
      "socializer.absorb": ["pool"],
      "socializer.onRecovery": [], // of a pool that has lost something
      "manager.grantRole": admin,
      "manager.labelRole": admin,
      "manager.revokeRole": admin,
      "manager.setGrantDelay": admin,
      "manager.setRoleAdmin": admin,
      "manager.setRoleGuardian": admin,
      "manager.setTargetAdminDelay": admin,
      "manager.setTargetClosed": admin,
      "manager.setTargetFunctionRole": admin,
      "manager.updateAuthority": admin,
    });
  });

  it("A permit consumed by a front-runner does not stop the deposit; replay on another chain, contract or field reverts.", async () => {
    const p = await loadFixture(handedOver);
    const types = {
      Permit: ["owner", "spender"]
        .map((name) => ({ name, type: "address" }))
        .concat(["value", "nonce", "deadline"].map((name) => ({ name, type: "uint256" }))),
    };
    const { chainId } = await ethers.provider.getNetwork();
    const domain: TypedDataDomain = {
      name: await p.pool.name(),
      version: "1",
      chainId,
      verifyingContract: await p.pool.getAddress(),
    };
    const message = {
      owner: p.lender.address,
      spender: p.operator.address,
      value: 1_000_000n,
      nonce: 0n,
      deadline: 2n ** 40n,
    };
    const sign = async (d = domain) => Signature.from(await p.lender.signTypedData(d, types, message));
    const submit = ({ v, r, s }: Signature, m = message, by = p.stranger) =>
      p.pool.connect(by).permit(m.owner, m.spender, m.value, m.deadline, v, r, s);
    const signature = await sign();
    for (const other of [
      { ...domain, chainId: chainId + 1n },
      { ...domain, verifyingContract: await p.fund.getAddress() },
      { ...domain, name: "Another" },
    ]) {
      await expect(submit(await sign(other))).to.be.revertedWithCustomError(p.pool, "InvalidSigner");
    }
    for (const change of [
      { spender: p.stranger.address },
      { value: 2_000_000n },
      { deadline: 2n ** 41n },
      { owner: p.lender2.address },
    ]) {
      await expect(submit(signature, { ...message, ...change })).to.be.revertedWithCustomError(p.pool, "InvalidSigner");
    }
    await submit(signature); // the front-runner
    await expect(submit(signature, message, p.operator)).to.be.revertedWithCustomError(p.pool, "InvalidSigner");
    const before = await p.asset.balanceOf(p.operator);
    await p.pool.connect(p.operator).redeem(message.value, p.operator, p.lender);
    expect(await p.asset.balanceOf(p.operator)).to.be.greaterThan(before);
    expect(await p.pool.allowance(p.lender, p.operator)).to.equal(0n);

    // nor does one of the asset stop who pays in: a deposit takes the allowance, whoever brought the permit
    const asset = await ethers.deployContract("MockPermitERC20", p.lender3);
    const pool = await p.createPool({ asset: await asset.getAddress(), fund: ZeroAddress, supplyCap: MaxUint256 });
    const own = { ...domain, name: await asset.name(), verifyingContract: await asset.getAddress() };
    const paid = { ...message, owner: p.lender3.address, spender: await pool.getAddress(), value: parseEther("5") };
    const { v, r, s } = Signature.from(await p.lender3.signTypedData(own, types, paid));
    const consume = (by: typeof p.stranger) =>
      asset.connect(by).permit(paid.owner, paid.spender, paid.value, paid.deadline, v, r, s);
    await consume(p.stranger);
    await expect(consume(p.lender3)).to.be.revertedWithCustomError(asset, "ERC2612InvalidSigner");
    await pool.connect(p.lender3).deposit(paid.value, p.lender3);
    expect(await pool.convertToAssets(await pool.balanceOf(p.lender3))).to.equal(paid.value);
  });
});
