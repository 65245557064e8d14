/** Recoveries: payments towards losses, up the waterfall. */
import { FixedPoint } from "../../../../sdk";
import { always, LAYERS, max, noLayers, sum, UNIT } from "../exact";
import type { Exact, Layers, Refusal } from "../exact";
import { MAX_UNVESTED } from "./base";
import { PoolBorrowers } from "./borrowers";
import type { Borrower, Recoveries } from "./state";

const { min } = FixedPoint;

export abstract class PoolRecoveries extends PoolBorrowers {
  repayWrittenOff(account: string, assets: bigint) {
    const b = this.borrower(account);
    const refusals: Refusal[] = [
      ["ZeroAmount", always(assets === 0n)],
      ["NoDebt", always(b.writtenOff.length === 0)],
    ];
    const book = (repaid: bigint, recoveries: Recoveries) => {
      this.expect("repaid of written-off debt", repaid, min(assets * UNIT, this.writtenOffOf(account)));
      this.payWrittenOff(b, repaid, recoveries);
    };
    return { refusals, book };
  }

  refinance(account: string) {
    const b = this.borrower(account);
    const writtenOff = this.writtenOffOf(account);
    const moved = min(writtenOff, this.state.cash * UNIT);
    const refusals: Refusal[] = [
      ["NoDebt", always(b.writtenOff.length === 0)],
      ["Paused", always(this.state.paused)],
      ["Unhealthy", this.excess(b.collateral, b.debt + writtenOff)],
      ["InsufficientCash", UNIT - moved],
      ["DebtBelowMinimum", moved < writtenOff ? always(false) : this.belowMinimum(b.debt + moved)],
      ...this.failure(),
    ];
    const book = (recovered: bigint, recoveries: Recoveries) => {
      this.see();
      this.expect("refinanced", recovered, moved);
      b.debt += recovered * UNIT;
      this.state.cash -= recovered;
      this.payWrittenOff(b, recovered, recoveries);
    };
    return { refusals, book };
  }

  /** Pays the account's written-off debt, oldest first; each part goes up the waterfall of its loss. */
  protected payWrittenOff(b: Borrower, assets: bigint, recoveries: Recoveries) {
    let left = assets * UNIT;
    const climbs: [bigint, Exact, boolean][] = [];
    while (left > 0n && b.writtenOff.length !== 0) {
      const oldest = b.writtenOff[0];
      const paid = min(left, oldest.amount);
      climbs.push([oldest.lossId, paid, oldest.merged]);
      oldest.amount -= paid;
      left -= paid;
      if (oldest.amount === 0n) b.writtenOff.shift();
    }
    this.expect("beyond the written-off debt", 0n, left);
    this.creditRecoveries(climbs, recoveries);
  }

  recover(lossId: bigint, assets: bigint) {
    const ids = this.state.episodes.find((episode) => episode.includes(lossId)) ?? [];
    const due = sum(ids.flatMap((id) => Object.values(this.all.dueOf(this.all.loss(id)))));
    const refusals: Refusal[] = [
      ["ZeroAmount", always(assets === 0n)],
      ["UnknownLoss", always(!this.all.state.losses.has(lossId))],
      ["RecoveryExceedsLoss", assets * UNIT - due],
    ];
    const book = (recoveries: Recoveries) => this.creditRecoveries([[lossId, assets * UNIT, false]], recoveries);
    return { refusals, book };
  }

  /** What each layer of each loss is to get of payments towards losses; `left` is what no layer can take. */
  private creditRecoveries(payments: [lossId: bigint, assets: Exact, merged: boolean][], actual: Recoveries) {
    const s = this.state;
    const ids = s.episodes.flat();
    const due = new Map(ids.map((id) => [id, this.all.dueOf(this.all.loss(id))]));
    const got = new Map(ids.map((id) => [id, noLayers()]));
    let [surplus, merged] = [0n, 0n];
    for (const [lossId, assets, toLenders] of payments) {
      let left = assets;
      const pay = (id: bigint, layers: (keyof Layers)[], most: Exact) => {
        for (const layer of layers) {
          const paid = min(most, due.get(id)![layer]);
          due.get(id)![layer] -= paid;
          got.get(id)![layer] += paid;
          most -= paid;
          left -= paid;
        }
      };
      const others = s.episodes.find((episode) => episode.includes(lossId))!.filter((id) => id !== lossId);
      for (const layers of [["principal", "interest"], ["staked"], ["reserve"], ["fees"]] as (keyof Layers)[][]) {
        pay(lossId, layers, left);
        const owed = others.map((id) => sum(layers.map((layer) => due.get(id)![layer])));
        const [available, total] = [left, sum(owed)];
        if (total !== 0n) others.forEach((id, i) => pay(id, layers, min(owed[i], (available * owed[i]) / total)));
      }
      surplus += left;
      if (toLenders) merged += left;
    }
    for (const id of actual.byLoss.keys()) if (!got.has(id)) throw new Error(`loss ${id} is none of this pool's`);
    for (const [id, expected] of got) {
      const paid = actual.byLoss.get(id) ?? noLayers();
      for (const layer of LAYERS) this.expect(`recovered by ${layer} of loss ${id}`, paid[layer], expected[layer]);
    }
    this.expect("surplus", actual.surplus, surplus);
    this.routeRecoveries(actual, merged);
  }

  /** Sends what was recovered to the holders' claims, the pool and the fund. */
  private routeRecoveries({ byLoss, surplus }: Recoveries, merged: Exact) {
    const s = this.state;
    const surplusToLenders = min(surplus * UNIT, merged);
    let [interest, fees, reserve, staked] = [surplusToLenders, 0n, surplus * UNIT - surplusToLenders, 0n];
    for (const [id, paid] of byLoss) {
      const loss = this.all.loss(id);
      const due = this.all.dueOf(loss);
      for (const layer of ["reserve", "staked"] as const) {
        if (due[layer] === 0n) continue;
        const restored = (loss.cover[layer] * min(paid[layer] * UNIT, due[layer])) / due[layer];
        loss.cover[layer] -= restored;
        this.cover.outstanding = max(0n, this.cover.outstanding - restored);
      }
      for (const layer of LAYERS) {
        loss.due[layer] = max(0n, due[layer] - paid[layer] * UNIT);
        loss.recovered[layer] += paid[layer];
      }
      loss.grown = this.grown;
      interest += paid.interest * UNIT;
      fees += paid.fees * UNIT;
      reserve += paid.reserve * UNIT;
      // until its epoch opens, the holders of the day stand for those of then
      if (loss.lenderEpoch !== 0 && loss.lenderEpoch <= s.epochs.holders.length) loss.lenderClaims += paid.principal;
      else interest += paid.principal * UNIT;
      if (loss.stakerEpoch !== 0 && loss.stakerEpoch <= this.fund.state.epochs.holders.length)
        loss.stakerClaims += paid.staked;
      else staked += paid.staked * UNIT;
    }
    s.cash += (interest + fees) / UNIT;
    if (s.lenders.size === 0) s.fees += interest + fees;
    else {
      const beyond = max(0n, s.unvested + interest - MAX_UNVESTED);
      s.unvested += interest - beyond;
      this.spread(beyond);
      s.fees += fees;
    }
    this.fund.credit(reserve, staked);
  }
}
