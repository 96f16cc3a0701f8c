namespace Nvmepf.SocModel;

/// <summary>How far somebody else has brought up the endpoint before the firmware starts (register reference 7.4, 7.7).</summary>
public enum SocStartState
{
    /// <summary>After power-on: power domain off, clocks off, everything in reset.</summary>
    Cold,

    /// <summary>Power, clocks, resets and PHY are done; the controller's registers have their reset values.</summary>
    Powered,

    /// <summary>A kernel's endpoint driver has bound: endpoint mode, default configuration, its interrupts on, LTSSM never started.</summary>
    KernelDriver,
}

/// <summary>What is fixed for the life of a <see cref="Soc"/>. Times are model time.</summary>
public sealed record SocOptions
{
    /// <summary>Decides every interleaving and every fault that has a probability.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Where the bring-up begins.</summary>
    public SocStartState StartState { get; init; } = SocStartState.Cold;

    /// <summary>What one register read costs the CPU; model time moves by it.</summary>
    public int CpuReadNanoseconds { get; init; } = 300;

    /// <summary>What one register or window store costs the CPU; model time moves by it.</summary>
    public int CpuWriteNanoseconds { get; init; } = 50;

    /// <summary>From LTSSM enable to L0 at the final speed.</summary>
    public int LinkTrainingNanoseconds { get; init; } = 1_000_000;

    /// <summary>From PHY reset release to sram_init_done.</summary>
    public int PhyInitNanoseconds { get; init; } = 200_000;

    /// <summary>The fixed part of a linked-list run of the eDMA, from the doorbell to the first element's fetch.</summary>
    public int EdmaStartNanoseconds { get; init; } = 10_000;

    /// <summary>One third of an element's fetch from local memory.</summary>
    public int EdmaFetchPieceNanoseconds { get; init; } = 150;

    /// <summary>The fixed part of one TLP.</summary>
    public int TlpNanoseconds { get; init; } = 20;

    /// <summary>Payload bytes each direction of the link carries in a microsecond.</summary>
    public int LinkBytesPerMicrosecond { get; init; } = 3500;

    /// <summary>From a read request to its completion, on top of the data's time.</summary>
    public int RoundTripNanoseconds { get; init; } = 800;

    /// <summary>What a read of an eDMA register costs a list fetch that is under way.</summary>
    public int EdmaPollPenaltyNanoseconds { get; init; } = 200;

    /// <summary>Costs for predictions of speed, in place of the times above; null where only order matters.</summary>
    public SocCosts? Costs { get; init; }

    /// <summary>Entries of the event log ring; a power of two.</summary>
    public int EventLogEntries { get; init; } = 4096;
}
