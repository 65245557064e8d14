/** Lenders: what each owns, in and out of the pool. */
import { always, max, UNIT, VIRTUAL_SHARES } from "../exact";
import type { Exact, Refusal } from "../exact";
import { PoolGuard } from "./guard";

export abstract class PoolLenders extends PoolGuard {
  deposit(account: string, assets: bigint) {
    const refusals: Refusal[] = [
      ["ZeroAmount", this.state.virtual / VIRTUAL_SHARES - assets * UNIT],
      ["Paused", always(this.state.paused)],
      ["SupplyCapExceeded", this.lenderAssets() + (assets - this.state.supplyCap) * UNIT],
      ...this.guard(this.lenderAssets(), false),
    ];
    const book = () => {
      this.look();
      const { lenders } = this.state;
      lenders.set(account, (lenders.get(account) ?? 0n) + assets * UNIT);
      this.receive(this.state.inbound, account, assets * UNIT);
      this.state.cash += assets;
    };
    return { refusals, book };
  }

  withdraw(account: string, assets: bigint) {
    const owned = this.state.lenders.get(account) ?? 0n;
    const refusals: Refusal[] = [
      ["ZeroAmount", always(assets === 0n)],
      ["InsufficientCash", always(assets > this.state.cash)],
      ["ERC20InsufficientBalance", assets * UNIT - owned],
      ...this.locked(account, assets * UNIT),
      ...this.guard(this.lenderAssets() - assets * UNIT, true),
    ];
    const book = (emptied: boolean) => this.leave(account, assets * UNIT, assets, emptied);
    return { refusals, book };
  }

  /** Redeems a part of what the account owns. */
  redeem(account: string, part: bigint, whole: bigint) {
    const owned = this.state.lenders.get(account) ?? 0n;
    const worth = whole === 0n ? 0n : (owned * part) / whole;
    const refusals: Refusal[] = [
      ["ZeroAmount", part === 0n ? always(true) : UNIT - worth],
      ["InsufficientCash", worth - this.state.cash * UNIT],
      ["ERC20InsufficientBalance", always(part > whole)],
      ...this.locked(account, worth),
      ...this.guard(this.lenderAssets() - worth, true),
    ];
    const book = (assets: bigint) => {
      this.expect("redeemed", assets, worth);
      this.leave(account, worth, assets, part === whole);
    };
    return { refusals, book };
  }

  private leave(account: string, owned: Exact, assets: bigint, emptied: boolean) {
    this.look();
    const { lenders } = this.state;
    const left = max(0n, (lenders.get(account) ?? 0n) - owned);
    if (emptied) this.expect(`left to ${account}, who redeemed all`, 0n, left);
    if (emptied) lenders.delete(account);
    else lenders.set(account, left);
    this.state.cash -= assets;
    if (lenders.size === 0) this.endLenders();
  }

  /** Without lenders all of the pool is fees. */
  protected endLenders() {
    const s = this.state;
    s.lenders.clear();
    s.virtual = UNIT;
    s.unvested = 0n;
    s.fees = s.cash * UNIT + this.debt();
  }

  transfer(from: string, to: string, part: bigint, whole: bigint) {
    const sent = whole === 0n ? 0n : ((this.state.lenders.get(from) ?? 0n) * part) / whole;
    const refusals: Refusal[] = [["ERC20InsufficientBalance", always(part > whole)], ...this.locked(from, sent)];
    const book = () => {
      const { lenders } = this.state;
      if (part === 0n) return;
      const moved = ((lenders.get(from) ?? 0n) * part) / whole;
      if (part === whole) lenders.delete(from);
      else lenders.set(from, (lenders.get(from) ?? 0n) - moved);
      lenders.set(to, (lenders.get(to) ?? 0n) + moved);
      this.receive(this.state.inbound, to, moved);
    };
    return { refusals, book };
  }

  /** What came in the block of a loss stays. */
  private locked(account: string, sent: Exact): Refusal[] {
    const { inbound, epochs, lenders } = this.state;
    const arrived = this.arrived(inbound, epochs, account);
    // of what came the contract keeps 48 bits
    const margin = sent + arrived - (lenders.get(account) ?? 0n);
    return arrived === 0n || sent === 0n ? [] : [["SharesLocked", margin - arrived / 2n ** 47n, margin]];
  }
}
