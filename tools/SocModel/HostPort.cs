namespace Nvmepf.SocModel;

/// <summary>The host's side of the link: what a root complex can do to the endpoint.</summary>
public sealed class HostPort
{
    private readonly Soc _soc;

    internal HostPort(Soc soc) => _soc = soc;

    /// <summary>True while configuration and memory requests reach the endpoint.</summary>
    public bool IsLinkUp => _soc.NowNanoseconds < 0;

    /// <summary>True while the endpoint asserts INTx.</summary>
    public bool IsIntxAsserted { get; private set; }

    /// <summary>A configuration read of 1, 2 or 4 bytes. While the link is down: Unsupported Request and all ones.</summary>
    public TlpStatus ConfigRead(int offset, int widthBytes, out uint value) => throw new NotSupportedException();

    /// <summary>A configuration write of 1, 2 or 4 bytes.</summary>
    public TlpStatus ConfigWrite(int offset, int widthBytes, uint value) => throw new NotSupportedException();

    /// <summary>A memory read of a PCI address, matched against the BARs.</summary>
    public TlpStatus MemoryRead(ulong pciAddress, Span<byte> data) => throw new NotSupportedException();

    /// <summary>A posted memory write to a PCI address, matched against the BARs.</summary>
    public TlpStatus MemoryWrite(ulong pciAddress, ReadOnlySpan<byte> data) => throw new NotSupportedException();

    /// <summary>A memory read of a BAR, whatever address it has; BARs 0 to 5, a 64-bit pair by its even one, 6 = ROM.</summary>
    public TlpStatus BarRead(int bar, ulong offset, Span<byte> data) => throw new NotSupportedException();

    /// <summary>A posted memory write to a BAR, whatever address it has.</summary>
    public TlpStatus BarWrite(int bar, ulong offset, ReadOnlySpan<byte> data) => throw new NotSupportedException();

    /// <summary>The size that the host finds by probing <paramref name="bar"/>; 0 where there is none.</summary>
    public ulong BarBytes(int bar) => throw new NotSupportedException();

    /// <summary>A hot reset: the link goes down and is trained again when the endpoint allows it.</summary>
    public void HotReset() => throw new NotSupportedException();

    /// <summary>Drives PERST#; asserted, the link goes down and stays down.</summary>
    public void AssertPerst(bool isAsserted) => throw new NotSupportedException();

    /// <summary>The link is lost without a reset by the host; it is trained again when the endpoint allows it.</summary>
    public void DropLink() => throw new NotSupportedException();

    /// <summary>The host's power goes, or comes; without power there is nobody at the other end.</summary>
    public void SetPower(bool isOn) => throw new NotSupportedException();
}
