namespace Nvmepf.SocModel;

/// <summary>What happened so far, counted since the last reset of the model.</summary>
public sealed class SocCounters
{
    /// <summary>CPU loads of registers (any block, carve-out and window excluded).</summary>
    public long RegisterReads { get; internal set; }

    /// <summary>CPU stores to registers.</summary>
    public long RegisterWrites { get; internal set; }

    /// <summary>CPU loads through the outbound window.</summary>
    public long WindowReads { get; internal set; }

    /// <summary>CPU stores through the outbound window.</summary>
    public long WindowWrites { get; internal set; }

    /// <summary>eDMA doorbells that started a channel.</summary>
    public long ListRuns { get; internal set; }

    /// <summary>List elements fetched, links included.</summary>
    public long ElementsFetched { get; internal set; }

    /// <summary>Memory write TLPs sent to the host.</summary>
    public long WriteTlps { get; internal set; }

    /// <summary>Memory read TLPs sent to the host.</summary>
    public long ReadTlps { get; internal set; }

    /// <summary>Payload bytes written to the host.</summary>
    public long BytesToHost { get; internal set; }

    /// <summary>Payload bytes read from the host.</summary>
    public long BytesFromHost { get; internal set; }

    /// <summary>The host's accesses that reached a BAR.</summary>
    public long HostAccesses { get; internal set; }

    /// <summary>Bus faults answered to the CPU.</summary>
    public long BusFaults { get; internal set; }

    /// <summary>TLPs lost because the link was down, bus mastering was off or the link dropped.</summary>
    public long TlpsLost { get; internal set; }

    internal void Clear()
    {
        RegisterReads = RegisterWrites = WindowReads = WindowWrites = ListRuns = ElementsFetched = 0;
        WriteTlps = ReadTlps = BytesToHost = BytesFromHost = HostAccesses = BusFaults = TlpsLost = 0;
    }
}
