namespace Nvmepf.SocModel;

/// <summary>The host's side of the link: what a root complex can do to the endpoint. Calls cost no model time.</summary>
public sealed class HostPort
{
    private const int RomBar = Bars.RomIndex;
    private readonly Soc _soc;

    internal HostPort(Soc soc) => _soc = soc;

    /// <summary>True while configuration and memory requests reach the endpoint.</summary>
    public bool IsLinkUp => _soc.Link.IsUp;

    /// <summary>True while the endpoint asserts INTx.</summary>
    public bool IsIntxAsserted => _soc.Interrupts.IsIntxAsserted;

    /// <summary>Speed of the link: 1 for 2.5 GT/s to 3 for 8 GT/s; 0 while it is down.</summary>
    public int LinkSpeed => IsLinkUp ? (int)_soc.Link.Speed : 0;

    /// <summary>A configuration read of 1, 2 or 4 aligned bytes below 4096. While the link is down: Unsupported Request and all ones.</summary>
    public TlpStatus ConfigRead(int offset, int widthBytes, out uint value)
    {
        CheckConfig(offset, widthBytes);
        if (!IsLinkUp || _soc.Bridge.CountDown() || _soc.Board.DbiState() != BlockState.Reachable)
        {
            value = uint.MaxValue >> (32 - (8 * widthBytes));
            return TlpStatus.UnsupportedRequest;
        }

        value = (_soc.Config.Read(offset & ~3) >> (8 * (offset & 3))) & (uint.MaxValue >> (32 - (8 * widthBytes)));
        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.HostRead, (ulong)offset, value);
        return TlpStatus.Success;
    }

    /// <summary>A configuration write of 1, 2 or 4 naturally aligned bytes below 4096.</summary>
    public TlpStatus ConfigWrite(int offset, int widthBytes, uint value)
    {
        CheckConfig(offset, widthBytes);
        if (!IsLinkUp || _soc.Bridge.CountDown() || _soc.Board.DbiState() != BlockState.Reachable)
        {
            return TlpStatus.UnsupportedRequest;
        }

        int shift = 8 * (offset & 3);
        uint lanes = (uint.MaxValue >> (32 - (8 * widthBytes))) << shift;
        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.HostWrite, (ulong)offset, value);
        _soc.Config.WriteHost(offset & ~3, value << shift, lanes);
        return TlpStatus.Success;
    }

    /// <summary>A memory read of a PCI address, matched against the BARs.</summary>
    public TlpStatus MemoryRead(ulong pciAddress, Span<byte> data)
    {
        int bar = _soc.Config.Bars.Find(pciAddress, out ulong offset);
        return bar < 0 ? TlpStatus.UnsupportedRequest : Read(bar, offset, pciAddress, data);
    }

    /// <summary>A posted memory write to a PCI address, matched against the BARs.</summary>
    public TlpStatus MemoryWrite(ulong pciAddress, ReadOnlySpan<byte> data)
    {
        int bar = _soc.Config.Bars.Find(pciAddress, out ulong offset);
        return bar < 0 ? TlpStatus.UnsupportedRequest : Write(bar, offset, pciAddress, data);
    }

    /// <summary>A memory read of a BAR, whatever address it has; BARs 0 to 5, a 64-bit pair by its even one, 6 = ROM.</summary>
    public TlpStatus BarRead(int bar, ulong offset, Span<byte> data) =>
        (uint)bar > RomBar ? TlpStatus.UnsupportedRequest : Read(bar, offset, _soc.Config.Bars.Address(bar) + offset, data);

    /// <summary>A posted memory write to a BAR, whatever address it has.</summary>
    public TlpStatus BarWrite(int bar, ulong offset, ReadOnlySpan<byte> data) =>
        (uint)bar > RomBar ? TlpStatus.UnsupportedRequest : Write(bar, offset, _soc.Config.Bars.Address(bar) + offset, data);

    /// <summary>The size that the host finds by probing <paramref name="bar"/>; 0 where there is none.</summary>
    public ulong BarBytes(int bar) => _soc.Config.Bars.Bytes(bar);

    /// <summary>The address that the host assigned to <paramref name="bar"/>.</summary>
    public ulong BarAddress(int bar) => _soc.Config.Bars.Address(bar);

    /// <summary>
    /// A hot reset: the link goes down and is trained again when the endpoint allows it. While the endpoint holds it down after a reset, another one
    /// is seen there too; otherwise nothing happens while it is down.
    /// </summary>
    public void HotReset()
    {
        if (IsLinkUp)
        {
            _soc.Log.Add(_soc.NowNanoseconds, SocEvent.Reset, 0, 0);
            _soc.Link.GoDown(isHotReset: true);
        }
        else
        {
            _soc.Link.ResetWhileHeld();
        }
    }

    /// <summary>Drives PERST#; asserted, the link goes down and stays down.</summary>
    public void AssertPerst(bool isAsserted)
    {
        if (_soc.Board.PerstLevel == isAsserted)
        {
            _soc.Log.Add(_soc.NowNanoseconds, SocEvent.Reset, isAsserted ? 2u : 3u, 0);
            _soc.Board.PerstLevel = !isAsserted;
            _soc.Link.Reconsider();
        }
    }

    /// <summary>The link is lost without a reset by the host; it is trained again when the endpoint allows it.</summary>
    public void DropLink()
    {
        if (IsLinkUp)
        {
            _soc.Log.Add(_soc.NowNanoseconds, SocEvent.Reset, 1, 0);
            _soc.Link.GoDown(isHotReset: false);
        }
    }

    /// <summary>The host's power goes, or comes; without power there is nobody at the other end.</summary>
    public void SetPower(bool isOn)
    {
        if (_soc.Link.HostHasPower != isOn)
        {
            _soc.Log.Add(_soc.NowNanoseconds, SocEvent.Reset, isOn ? 5u : 4u, 0);
            _soc.Link.HostHasPower = isOn;
            _soc.Link.Reconsider();
        }
    }

    private static void CheckConfig(int offset, int widthBytes)
    {
        if (widthBytes is not (1 or 2 or 4) || (uint)offset > 4096u - (uint)widthBytes || (offset & (widthBytes - 1)) != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"configuration accesses are 1, 2 or 4 aligned bytes below 4096, not {widthBytes} at 0x{offset:x}");
        }
    }

    private TlpStatus Read(int bar, ulong offset, ulong pciAddress, Span<byte> data)
    {
        if (!IsLinkUp || _soc.Bridge.CountDown())
        {
            return TlpStatus.UnsupportedRequest;
        }

        TlpStatus status = _soc.Inbound.Read(bar, offset, pciAddress, data);
        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.HostRead, ((ulong)bar << 60) | offset, First(data));
        return status;
    }

    private TlpStatus Write(int bar, ulong offset, ulong pciAddress, ReadOnlySpan<byte> data)
    {
        if (!IsLinkUp || _soc.Bridge.CountDown())
        {
            return TlpStatus.UnsupportedRequest;
        }

        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.HostWrite, ((ulong)bar << 60) | offset, First(data));
        return _soc.Inbound.Write(bar, offset, pciAddress, data);
    }

    private static ulong First(ReadOnlySpan<byte> data)
    {
        ulong value = 0;
        for (int i = 0; i < Math.Min(8, data.Length); i++)
        {
            value |= (ulong)data[i] << (8 * i);
        }

        return value;
    }
}
