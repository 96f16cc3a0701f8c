using Nvmepf.Hal.DesignWare;

namespace Nvmepf.Hal.Rk3588;

/// <summary>How the endpoint is brought up.</summary>
public enum BringUpMode
{
    /// <summary>Power, clocks, PHY and controller from nothing; the kernel leaves the controller alone.</summary>
    Cold,

    /// <summary>A kernel driver has powered, clocked and initialised it as an endpoint; only the function and the link are made here.</summary>
    TakeOver,
}

/// <summary>Which memory the device reads and writes.</summary>
public enum BoardMemoryKind
{
    /// <summary>Hugepages: cached, with cache maintenance around everything that is shared with the device.</summary>
    HugePages,

    /// <summary>A reserved, not mapped region of physical memory: device memory, aligned accesses only.</summary>
    CarveOut,
}

/// <summary>Where a piece of board memory comes from.</summary>
/// <param name="Kind">Hugepages or a carve-out.</param>
/// <param name="Address">Physical address of a carve-out, a multiple of its use's alignment.</param>
/// <param name="LengthBytes">Length of a carve-out.</param>
public readonly record struct BoardMemory(BoardMemoryKind Kind, ulong Address = 0, ulong LengthBytes = 0);

/// <summary>A pin, for PERST#.</summary>
/// <param name="Bank">GPIO bank, 0 to 4.</param>
/// <param name="Pin">Bit in the bank, 0 to 31: A0 is 0, B0 is 8, C0 is 16, D0 is 24.</param>
public readonly record struct GpioPin(int Bank, int Pin);

/// <summary>What the user chose for the RK3588 platform.</summary>
public sealed record Rk3588Options
{
    /// <summary>Where the register blocks are found.</summary>
    public required RegisterSource Registers { get; init; }

    /// <summary>Cold start or take-over.</summary>
    public BringUpMode BringUp { get; init; }

    /// <summary>Memory behind BAR 0.</summary>
    public BoardMemory BarMemory { get; init; }

    /// <summary>Memory for data, queues' copies and DMA lists.</summary>
    public BoardMemory BufferMemory { get; init; }

    /// <summary>Whether the eDMA is used; without it the CPU copies through outbound windows, correctly and slowly.</summary>
    public bool UseDma { get; init; } = true;

    /// <summary>Fastest link speed offered.</summary>
    public LinkSpeed LinkSpeed { get; init; } = LinkSpeed.Gen3;

    /// <summary>Most lanes offered: 1, 2 or 4.</summary>
    public int Lanes { get; init; } = 4;

    /// <summary>Pin that PERST# is wired to, read as an input; null where it is not.</summary>
    public GpioPin? PerstPin { get; init; }

    /// <summary>What is not certain about the hardware, each a choice of its own.</summary>
    public Rk3588Switches Switches { get; init; } = new();

    /// <summary>The least time between two looks at the link's registers in nanoseconds: reads of device registers are slow.</summary>
    public long EventPollIntervalNanoseconds { get; init; } = 50_000;

    /// <summary>The clock.</summary>
    public IBoardClock Clock { get; init; } = new SystemBoardClock();
}
