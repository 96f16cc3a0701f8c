namespace Nvmepf.SocModel;

/// <summary>Blocks of registers that accesses are counted for.</summary>
public enum RegisterBlock
{
    /// <summary>Configuration space, its shadow and port logic.</summary>
    Configuration,

    /// <summary>Address translation.</summary>
    Iatu,

    /// <summary>The DMA engine.</summary>
    Edma,

    /// <summary>The controller's glue registers.</summary>
    Apb,

    /// <summary>Clocks, power, PHY, pins.</summary>
    Board,
}

/// <summary>What happened so far, counted since the last reset of the model.</summary>
public sealed class SocCounters
{
    private const int Blocks = (int)RegisterBlock.Board + 1;
    private readonly long[] _reads = new long[Blocks];
    private readonly long[] _writes = new long[Blocks];

    /// <summary>Picoseconds that the link was sending, or was to send what waits; only with <see cref="SocOptions.Costs"/>.</summary>
    internal long SendPicoseconds;

    /// <summary>Picoseconds that reads of the host's memory took of the receiving direction; only with <see cref="SocOptions.Costs"/>.</summary>
    internal long ReceivePicoseconds;

    /// <summary>CPU loads of registers (any block, carve-out and window excluded).</summary>
    public long RegisterReads { get; internal set; }

    /// <summary>CPU stores to registers.</summary>
    public long RegisterWrites { get; internal set; }

    /// <summary>CPU loads through the outbound window.</summary>
    public long WindowReads { get; internal set; }

    /// <summary>CPU stores through the outbound window.</summary>
    public long WindowWrites { get; internal set; }

    /// <summary>CPU loads of uncached board memory.</summary>
    public long UncachedReads { get; internal set; }

    /// <summary>CPU stores to uncached board memory.</summary>
    public long UncachedWrites { get; internal set; }

    /// <summary>eDMA doorbells that started a channel.</summary>
    public long ListRuns { get; internal set; }

    /// <summary>Those of read channels, which fetch from the host.</summary>
    public long ReadListRuns { get; internal set; }

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

    /// <summary>Bytes sent on the link, headers and read requests included; only with <see cref="SocOptions.Costs"/>.</summary>
    public long WireBytesToHost { get; internal set; }

    /// <summary>Bytes of completions received on the link; only with <see cref="SocOptions.Costs"/>.</summary>
    public long WireBytesFromHost { get; internal set; }

    /// <summary>Messages that the controller sent by itself (APB register, MSI-X doorbell); those stored through a window are window stores.</summary>
    public long ControllerMessages { get; internal set; }

    /// <summary>The host's accesses that reached a BAR.</summary>
    public long HostAccesses { get; internal set; }

    /// <summary>Bus faults answered to the CPU.</summary>
    public long BusFaults { get; internal set; }

    /// <summary>TLPs lost because the link was down, bus mastering was off or the link dropped.</summary>
    public long TlpsLost { get; internal set; }

    /// <summary>Time in which a write channel ran; only with <see cref="SocOptions.Costs"/>, as all times here.</summary>
    public long WriteEngineNanoseconds { get; internal set; }

    /// <summary>Time in which a read channel ran.</summary>
    public long ReadEngineNanoseconds { get; internal set; }

    /// <summary>Time in which channels of both directions ran.</summary>
    public long BothEnginesNanoseconds { get; internal set; }

    /// <summary>Running time of all channels of a direction together, so up to twice the time that has passed.</summary>
    public long WriteChannelNanoseconds { get; internal set; }

    /// <summary>The same of read channels.</summary>
    public long ReadChannelNanoseconds { get; internal set; }

    /// <summary>Time in which the link was sending.</summary>
    public long SendNanoseconds => SendPicoseconds / 1000;

    /// <summary>Time in which reads of the host's memory kept the receiving direction.</summary>
    public long ReceiveNanoseconds => ReceivePicoseconds / 1000;

    /// <summary>CPU loads of one block.</summary>
    public long ReadsOf(RegisterBlock block) => _reads[(int)block];

    /// <summary>CPU stores to one block.</summary>
    public long WritesOf(RegisterBlock block) => _writes[(int)block];

    internal void CountRead(RegisterBlock block)
    {
        RegisterReads++;
        _reads[(int)block]++;
    }

    internal void CountWrite(RegisterBlock block)
    {
        RegisterWrites++;
        _writes[(int)block]++;
    }

    internal void Clear()
    {
        Array.Clear(_reads);
        Array.Clear(_writes);
        RegisterReads = RegisterWrites = WindowReads = WindowWrites = UncachedReads = UncachedWrites = 0;
        ListRuns = ReadListRuns = ElementsFetched = WriteTlps = ReadTlps = BytesToHost = BytesFromHost = 0;
        WireBytesToHost = WireBytesFromHost = ControllerMessages = HostAccesses = BusFaults = TlpsLost = 0;
        WriteEngineNanoseconds = ReadEngineNanoseconds = BothEnginesNanoseconds = WriteChannelNanoseconds = ReadChannelNanoseconds = 0;
        SendPicoseconds = ReceivePicoseconds = 0;
    }
}
