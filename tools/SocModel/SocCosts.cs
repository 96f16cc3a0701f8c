// What things cost on a board, as far as somebody has published it: the model's times where speed is predicted. Each figure is a property with
// its unit in the name, and a row of Parameters that says where it comes from and how much that is worth.

namespace Nvmepf.SocModel;

/// <summary>How much a cost is worth.</summary>
public enum CostStanding
{
    /// <summary>Measured on this SoC and published.</summary>
    Published,

    /// <summary>Calculated from the PCIe standard.</summary>
    Calculated,

    /// <summary>A guess of the right order, to be measured first.</summary>
    Assumed,
}

/// <summary>One cost with its source.</summary>
/// <param name="Name">The property of <see cref="SocCosts"/>.</param>
/// <param name="Value">Its value.</param>
/// <param name="Standing">How much it is worth.</param>
/// <param name="Source">Where it comes from.</param>
public sealed record CostParameter(string Name, double Value, CostStanding Standing, string Source);

/// <summary>
/// Costs of the board, the link and the CPU for predictions of speed. In place of the short times of <see cref="SocOptions"/>, which are there
/// for ordering alone.
/// </summary>
/// <remarks>The CPU's cost of computing is not here: the model sees accesses, not instructions.</remarks>
public sealed record SocCosts
{
    /// <summary>From the doorbell of a list with one short element to its done bit.</summary>
    public int ListRunNanoseconds { get; init; } = 13_000;

    /// <summary>The fixed part of a list run keeps its whole direction, and not only its channel: two channels do not overlap then.</summary>
    public bool ListRunBlocksDirection { get; init; }

    /// <summary>The fetch of one list element of 24 bytes from board memory.</summary>
    public int ElementFetchNanoseconds { get; init; } = 450;

    /// <summary>Bytes a microsecond that the link carries each way, framing and headers included.</summary>
    public int LinkBytesPerMicrosecond { get; init; } = 3_938;

    /// <summary>Share of the link that goes for acknowledges, flow control and skip sets, in thousandths.</summary>
    public int LinkOverheadPerThousand { get; init; } = 25;

    /// <summary>Framing, header of four dwords and LCRC of a memory write.</summary>
    public int WriteOverheadBytes { get; init; } = 24;

    /// <summary>A memory read request on the link.</summary>
    public int ReadRequestBytes { get; init; } = 24;

    /// <summary>Framing, header of three dwords and LCRC of a completion with data.</summary>
    public int CompletionOverheadBytes { get; init; } = 20;

    /// <summary>Bytes a microsecond that reads of host memory reach at best, limited by what is outstanding.</summary>
    public int HostReadBytesPerMicrosecond { get; init; } = 2_500;

    /// <summary>From a read request of the endpoint to the first byte of its completion.</summary>
    public int RoundTripNanoseconds { get; init; } = 1_000;

    /// <summary>The CPU's load of a register of the controller.</summary>
    public int RegisterReadNanoseconds { get; init; } = 250;

    /// <summary>The CPU's store to a register of the controller or through the window: device memory without early acknowledge.</summary>
    public int RegisterWriteNanoseconds { get; init; } = 120;

    /// <summary>The CPU's load from a carve-out, which is not cached.</summary>
    public int UncachedReadNanoseconds { get; init; } = 130;

    /// <summary>The CPU's store to a carve-out.</summary>
    public int UncachedWriteNanoseconds { get; init; } = 60;

    /// <summary>A full barrier after stores or cache maintenance.</summary>
    public int BarrierNanoseconds { get; init; } = 60;

    /// <summary>Cleaning or invalidating one cache line of 64 bytes, many in a row, in thousandths of a nanosecond.</summary>
    public int CacheLinePicoseconds { get; init; } = 8_000;

    /// <summary>What a look at an eDMA register costs the engine's fetch that is under way.</summary>
    public int LookDelaysFetchNanoseconds { get; init; } = 200;

    /// <summary>Every cost with its source, in the order above.</summary>
    public CostParameter[] Parameters()
    {
        const string EarlierDriver = "an out-of-tree endpoint driver for this SoC, on hardware: 13 us fixed per list run";
        const string Pcie = "PCIe 5 sections 2.2 and 3.6";
        const string Guess = "no figure published; order of magnitude of similar SoCs";
        return
        [
            new(nameof(ListRunNanoseconds), ListRunNanoseconds, CostStanding.Published, EarlierDriver),
            new(nameof(ElementFetchNanoseconds), ElementFetchNanoseconds, CostStanding.Assumed, "three reads of DRAM, one after the other"),
            new(nameof(LinkBytesPerMicrosecond), LinkBytesPerMicrosecond, CostStanding.Calculated, "four lanes, 8 GT/s, 128b/130b"),
            new(nameof(LinkOverheadPerThousand), LinkOverheadPerThousand, CostStanding.Assumed, "data link layer packets and skip sets; 2 to 4 % are usual"),
            new(nameof(WriteOverheadBytes), WriteOverheadBytes, CostStanding.Calculated, Pcie + ", 64-bit addresses, no ECRC"),
            new(nameof(ReadRequestBytes), ReadRequestBytes, CostStanding.Calculated, Pcie),
            new(nameof(CompletionOverheadBytes), CompletionOverheadBytes, CostStanding.Calculated, Pcie),
            new(nameof(HostReadBytesPerMicrosecond), HostReadBytesPerMicrosecond, CostStanding.Published, "Rockchip's endpoint card guide: 2.5 GB/s from an x86 host"),
            new(nameof(RoundTripNanoseconds), RoundTripNanoseconds, CostStanding.Assumed, "0.5 to 1.2 us between desktop hosts and endpoints"),
            new(nameof(RegisterReadNanoseconds), RegisterReadNanoseconds, CostStanding.Assumed, Guess),
            new(nameof(RegisterWriteNanoseconds), RegisterWriteNanoseconds, CostStanding.Assumed, Guess),
            new(nameof(UncachedReadNanoseconds), UncachedReadNanoseconds, CostStanding.Assumed, "latency of LPDDR4X on this SoC"),
            new(nameof(UncachedWriteNanoseconds), UncachedWriteNanoseconds, CostStanding.Assumed, Guess),
            new(nameof(BarrierNanoseconds), BarrierNanoseconds, CostStanding.Assumed, Guess),
            new(nameof(CacheLinePicoseconds), CacheLinePicoseconds, CostStanding.Assumed, "64 bytes at 8 GB/s, what a core writes back to DRAM"),
            new(nameof(LookDelaysFetchNanoseconds), LookDelaysFetchNanoseconds, CostStanding.Assumed, "the same driver says that looks slow fetches, not by how much"),
        ];
    }
}
