// Register map of the embedded DMA engine (eDMA), version 0 unrolled: two write and two read channels on the RK3588. A write channel reads
// memory of the SoC and writes the host's; a read channel the other way round. Only 32-bit accesses: some addresses are split unaligned.
// What a list looks like is in EdmaList.cs. Driving it is EdmaEngine's in hal/Rk3588.
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.DesignWare;

/// <summary>The eDMA's registers.</summary>
/// <param name="Base">Address of the block: that of the DBI and <see cref="OffsetInDbi"/>.</param>
public readonly record struct Edma(nint Base)
{
    /// <summary>Where the block begins, from the DBI.</summary>
    public const int OffsetInDbi = 0x38_0000;

    /// <summary>Channels in each direction of the RK3588's engine.</summary>
    public const int ChannelCount = 2;

    private const int ChannelsOffsetBytes = 0x200;
    private const int ChannelStrideBytes = 0x200;
    private const int ReadChannelOffsetBytes = 0x100;

    /// <summary>Weights of the engine's four request streams.</summary>
    public ReadWriteRegister<EdmaArbitration> Arbitration => new(Base + 0x000);

    /// <summary>How many channels there are.</summary>
    public ReadOnlyRegister<EdmaControl> Control => new(Base + 0x008);

    /// <summary>The write engine: this SoC to the host.</summary>
    public EdmaSide Write => new(Base, IsRead: false);

    /// <summary>The read engine: the host to this SoC.</summary>
    public EdmaSide Read => new(Base, IsRead: true);

    /// <summary>What went wrong in write channels.</summary>
    public ReadOnlyRegister<EdmaErrorStatus> WriteErrorStatus => new(Base + 0x05C);

    /// <summary>What went wrong in read channels, on this side of the link.</summary>
    public ReadOnlyRegister<EdmaErrorStatus> ReadErrorStatusLow => new(Base + 0x0B4);

    /// <summary>What went wrong in read channels, on the host's side.</summary>
    public ReadOnlyRegister<EdmaReadErrorStatusHigh> ReadErrorStatusHigh => new(Base + 0x0B8);

    /// <summary>Write channel 0 or 1.</summary>
    public EdmaChannel WriteChannel(int channel) => new(Base + ChannelOffset(channel));

    /// <summary>Read channel 0 or 1.</summary>
    public EdmaChannel ReadChannel(int channel) => new(Base + ChannelOffset(channel) + ReadChannelOffsetBytes);

    private static int ChannelOffset(int channel)
    {
        Invariant.Check((uint)channel < ChannelCount, "a channel that the engine has");
        return ChannelsOffsetBytes + (channel * ChannelStrideBytes);
    }
}

/// <summary>The registers that the write and the read engine both have.</summary>
/// <param name="Base">Address of the eDMA block.</param>
/// <param name="IsRead">Which of the two.</param>
public readonly record struct EdmaSide(nint Base, bool IsRead)
{
    /// <summary>On, or soft reset of all channels of this side.</summary>
    public ReadWriteRegister<EdmaEngineEnable> EngineEnable => new(At(0x00C, 0x02C));

    /// <summary>Starts or stops a channel; every write rings.</summary>
    public WriteOnlyRegister<EdmaDoorbell> Doorbell => new(At(0x010, 0x030));

    /// <summary>Arbitration weights of channels 0 to 3.</summary>
    public ReadWriteRegister<RegisterWord> ArbitrationWeightLow => new(At(0x018, 0x038));

    /// <summary>Arbitration weights of channels 4 to 7.</summary>
    public ReadWriteRegister<RegisterWord> ArbitrationWeightHigh => new(At(0x01C, 0x03C));

    /// <summary>Channels that are done or have aborted.</summary>
    public ReadOnlyRegister<EdmaInterrupts> InterruptStatus => new(At(0x04C, 0x0A0));

    /// <summary>Gates the interrupt lines; the status bits come all the same.</summary>
    public ReadWriteRegister<EdmaInterrupts> InterruptMask => new(At(0x054, 0x0A8));

    /// <summary>Clears status bits, and with an abort bit its error bits.</summary>
    public WriteOnlyRegister<EdmaInterrupts> InterruptClear => new(At(0x058, 0x0AC));

    /// <summary>Where the done message goes, low half.</summary>
    public ReadWriteRegister<RegisterWord> DoneMessageAddressLow => new(At(0x060, 0x0CC));

    /// <summary>Where the done message goes, high half.</summary>
    public ReadWriteRegister<RegisterWord> DoneMessageAddressHigh => new(At(0x064, 0x0D0));

    /// <summary>Where the abort message goes, low half.</summary>
    public ReadWriteRegister<RegisterWord> AbortMessageAddressLow => new(At(0x068, 0x0D4));

    /// <summary>Where the abort message goes, high half.</summary>
    public ReadWriteRegister<RegisterWord> AbortMessageAddressHigh => new(At(0x06C, 0x0D8));

    /// <summary>What the messages of channels 0 and 1 say, 16 bits each.</summary>
    public ReadWriteRegister<RegisterWord> MessageData01 => new(At(0x070, 0x0DC));

    /// <summary>Whether an abort in a list sets its status.</summary>
    public ReadWriteRegister<EdmaListErrorEnable> ListErrorEnable => new(At(0x090, 0x0C4));

    /// <summary>Channel groups.</summary>
    public ReadWriteRegister<RegisterWord> ChannelGroup => new(At(0x100, 0x104));

    /// <summary>Handshake counters.</summary>
    public ReadOnlyRegister<RegisterWord> HandshakeCounter => new(At(0x108, 0x118));

    private nint At(int write, int read) => Base + (IsRead ? read : write);
}

/// <summary>One channel's registers.</summary>
/// <param name="Base">Address of the channel's first register.</param>
public readonly record struct EdmaChannel(nint Base)
{
    /// <summary>How it runs, and how it is.</summary>
    public ReadWriteRegister<EdmaChannelControl> Control1 => new(Base + 0x00);

    /// <summary>Reserved for our use of it: 0.</summary>
    public ReadWriteRegister<RegisterWord> Control2 => new(Base + 0x04);

    /// <summary>Bytes left; only to be believed when the channel has stopped.</summary>
    public ReadWriteRegister<RegisterWord> TransferSize => new(Base + 0x08);

    /// <summary>Source address, low half.</summary>
    public ReadWriteRegister<RegisterWord> SourceLow => new(Base + 0x0C);

    /// <summary>Source address, high half.</summary>
    public ReadWriteRegister<RegisterWord> SourceHigh => new(Base + 0x10);

    /// <summary>Destination address, low half.</summary>
    public ReadWriteRegister<RegisterWord> DestinationLow => new(Base + 0x14);

    /// <summary>Destination address, high half.</summary>
    public ReadWriteRegister<RegisterWord> DestinationHigh => new(Base + 0x18);

    /// <summary>Address of the list element, low half.</summary>
    public ReadWriteRegister<RegisterWord> ListPointerLow => new(Base + 0x1C);

    /// <summary>Address of the list element, high half; the two halves together are not 8-byte aligned.</summary>
    public ReadWriteRegister<RegisterWord> ListPointerHigh => new(Base + 0x20);
}

/// <summary>Weights of the four request streams.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct EdmaArbitration(uint Raw) : IRegisterFields<EdmaArbitration>
{
    /// <summary>Received requests that are not the eDMA's.</summary>
    public uint NonDmaWeight { get => RegisterBits.Get(Raw, 0, 3); init => Raw = RegisterBits.With(Raw, 0, 3, value); }

    /// <summary>Write channels' reads of local memory and lists.</summary>
    public uint WriteChannelReadWeight { get => RegisterBits.Get(Raw, 3, 3); init => Raw = RegisterBits.With(Raw, 3, 3, value); }

    /// <summary>Read channels' reads of lists.</summary>
    public uint ReadChannelListWeight { get => RegisterBits.Get(Raw, 6, 3); init => Raw = RegisterBits.With(Raw, 6, 3, value); }

    /// <summary>Read channels' writes to local memory.</summary>
    public uint ReadChannelWriteWeight { get => RegisterBits.Get(Raw, 9, 3); init => Raw = RegisterBits.With(Raw, 9, 3, value); }

    /// <inheritdoc/>
    public static EdmaArbitration FromRaw(uint raw) => new(raw);
}

/// <summary>What the engine has.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct EdmaControl(uint Raw) : IRegisterFields<EdmaControl>
{
    /// <summary>Number of write channels.</summary>
    public uint WriteChannels { get => RegisterBits.Get(Raw, 0, 4); init => Raw = RegisterBits.With(Raw, 0, 4, value); }

    /// <summary>Number of read channels.</summary>
    public uint ReadChannels { get => RegisterBits.Get(Raw, 16, 4); init => Raw = RegisterBits.With(Raw, 16, 4, value); }

    /// <summary>A cache of the engine is off, for debugging.</summary>
    public bool WriteCacheDisable { get => RegisterBits.Test(Raw, 24); init => Raw = RegisterBits.With(Raw, 24, value); }

    /// <summary>A cache of the engine is off, for debugging.</summary>
    public bool ReadCacheDisable { get => RegisterBits.Test(Raw, 25); init => Raw = RegisterBits.With(Raw, 25, value); }

    /// <inheritdoc/>
    public static EdmaControl FromRaw(uint raw) => new(raw);
}

/// <summary>Engine on or in soft reset.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct EdmaEngineEnable(uint Raw) : IRegisterFields<EdmaEngineEnable>
{
    /// <summary>On. After a 0 was written it reads 0 only when all requests in flight have ended.</summary>
    public bool Enable { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <inheritdoc/>
    public static EdmaEngineEnable FromRaw(uint raw) => new(raw);
}

/// <summary>A start or a stop.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct EdmaDoorbell(uint Raw) : IRegisterFields<EdmaDoorbell>
{
    /// <summary>Which channel.</summary>
    public uint Channel { get => RegisterBits.Get(Raw, 0, 3); init => Raw = RegisterBits.With(Raw, 0, 3, value); }

    /// <summary>Stop it; only while it runs.</summary>
    public bool Stop { get => RegisterBits.Test(Raw, 31); init => Raw = RegisterBits.With(Raw, 31, value); }

    /// <inheritdoc/>
    public static EdmaDoorbell FromRaw(uint raw) => new(raw);
}

/// <summary>A bit for each channel in each half.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct EdmaInterrupts(uint Raw) : IRegisterFields<EdmaInterrupts>
{
    /// <summary>Channels that are done.</summary>
    public uint Done { get => RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Channels that have aborted.</summary>
    public uint Abort { get => RegisterBits.Get(Raw, 16, 8); init => Raw = RegisterBits.With(Raw, 16, 8, value); }

    /// <inheritdoc/>
    public static EdmaInterrupts FromRaw(uint raw) => new(raw);
}

/// <summary>Errors on this side of the link, a bit for each channel in each half.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct EdmaErrorStatus(uint Raw) : IRegisterFields<EdmaErrorStatus>
{
    /// <summary>Local memory refused the data access: read by a write channel, written by a read channel.</summary>
    public uint LocalAccess { get => RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Local memory refused the fetch of a list element.</summary>
    public uint ElementFetch { get => RegisterBits.Get(Raw, 16, 8); init => Raw = RegisterBits.With(Raw, 16, 8, value); }

    /// <inheritdoc/>
    public static EdmaErrorStatus FromRaw(uint raw) => new(raw);
}

/// <summary>How the host answered read requests, a bit for each channel in each byte.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct EdmaReadErrorStatusHigh(uint Raw) : IRegisterFields<EdmaReadErrorStatusHigh>
{
    /// <summary>Unsupported Request.</summary>
    public uint UnsupportedRequest { get => RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Completer Abort.</summary>
    public uint CompleterAbort { get => RegisterBits.Get(Raw, 8, 8); init => Raw = RegisterBits.With(Raw, 8, 8, value); }

    /// <summary>No completion in time.</summary>
    public uint CompletionTimeout { get => RegisterBits.Get(Raw, 16, 8); init => Raw = RegisterBits.With(Raw, 16, 8, value); }

    /// <summary>Poisoned data.</summary>
    public uint Poisoned { get => RegisterBits.Get(Raw, 24, 8); init => Raw = RegisterBits.With(Raw, 24, 8, value); }

    /// <inheritdoc/>
    public static EdmaReadErrorStatusHigh FromRaw(uint raw) => new(raw);
}

/// <summary>Enables of abort interrupts in list mode, a bit for each channel in each half.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct EdmaListErrorEnable(uint Raw) : IRegisterFields<EdmaListErrorEnable>
{
    /// <summary>Remote abort interrupt.</summary>
    public uint Remote { get => RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Local abort interrupt.</summary>
    public uint Local { get => RegisterBits.Get(Raw, 16, 8); init => Raw = RegisterBits.With(Raw, 16, 8, value); }

    /// <inheritdoc/>
    public static EdmaListErrorEnable FromRaw(uint raw) => new(raw);
}

/// <summary>State of a channel.</summary>
public enum EdmaChannelStatus
{
    /// <summary>Never started since the reset.</summary>
    Reset = 0,

    /// <summary>Running.</summary>
    Running = 1,

    /// <summary>Halted by an error.</summary>
    Halted = 2,

    /// <summary>Done, or stopped.</summary>
    Stopped = 3,
}

/// <summary>Control 1 of a channel; the control word of a list element has the same bits.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct EdmaChannelControl(uint Raw) : IRegisterFields<EdmaChannelControl>
{
    /// <summary>CB: cycle bit of a list element; the engine runs it where it equals <see cref="ConsumerCycleState"/>.</summary>
    public bool CycleBit { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>TCB: toggle the consumer cycle state at this link element.</summary>
    public bool ToggleCycleBit { get => RegisterBits.Test(Raw, 1); init => Raw = RegisterBits.With(Raw, 1, value); }

    /// <summary>LLP: a link element, not a data element.</summary>
    public bool Link { get => RegisterBits.Test(Raw, 2); init => Raw = RegisterBits.With(Raw, 2, value); }

    /// <summary>LIE: set the done bit at the end of this element.</summary>
    public bool LocalInterruptEnable { get => RegisterBits.Test(Raw, 3); init => Raw = RegisterBits.With(Raw, 3, value); }

    /// <summary>RIE: send the done message at the end of this element.</summary>
    public bool RemoteInterruptEnable { get => RegisterBits.Test(Raw, 4); init => Raw = RegisterBits.With(Raw, 4, value); }

    /// <summary>CS: what the channel does.</summary>
    public EdmaChannelStatus Status
    {
        get => (EdmaChannelStatus)RegisterBits.Get(Raw, 5, 2);
        init => Raw = RegisterBits.With(Raw, 5, 2, (uint)value);
    }

    /// <summary>CCS: consumer cycle state.</summary>
    public bool ConsumerCycleState { get => RegisterBits.Test(Raw, 8); init => Raw = RegisterBits.With(Raw, 8, value); }

    /// <summary>LLE: list mode.</summary>
    public bool ListEnable { get => RegisterBits.Test(Raw, 9); init => Raw = RegisterBits.With(Raw, 9, value); }

    /// <summary>Function number.</summary>
    public uint FunctionNumber { get => RegisterBits.Get(Raw, 12, 5); init => Raw = RegisterBits.With(Raw, 12, 5, value); }

    /// <summary>No Snoop at the destination.</summary>
    public bool NoSnoopDestination { get => RegisterBits.Test(Raw, 23); init => Raw = RegisterBits.With(Raw, 23, value); }

    /// <summary>No Snoop at the source.</summary>
    public bool NoSnoopSource { get => RegisterBits.Test(Raw, 24); init => Raw = RegisterBits.With(Raw, 24, value); }

    /// <summary>Relaxed Ordering.</summary>
    public bool RelaxedOrdering { get => RegisterBits.Test(Raw, 25); init => Raw = RegisterBits.With(Raw, 25, value); }

    /// <summary>Traffic class.</summary>
    public uint TrafficClass { get => RegisterBits.Get(Raw, 27, 3); init => Raw = RegisterBits.With(Raw, 27, 3, value); }

    /// <summary>Address type.</summary>
    public uint AddressType { get => RegisterBits.Get(Raw, 30, 2); init => Raw = RegisterBits.With(Raw, 30, 2, value); }

    /// <inheritdoc/>
    public static EdmaChannelControl FromRaw(uint raw) => new(raw);
}
