// BAR 0's way into board memory: one inbound region in BAR match mode, written, waited for, made to refuse. What the host does through it, and
// when it may, is not here.

using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>The inbound region behind BAR 0. Where nothing else is said a call is a few register accesses and never waits.</summary>
internal sealed class InboundWindow
{
    /// <summary>Number of the region.</summary>
    internal const int Region = 0;

    private const uint UnsupportedRequest = 1;
    private const uint RegionOffset = 0x100; // inbound region 0 in the unrolled address translation, for messages
    private const long EnablePause = 100_000;
    private const long Millisecond = 1_000_000;

    private readonly Iatu _iatu;

    internal InboundWindow(RegisterBlocks blocks) => _iatu = new Iatu(blocks.Dbi + Iatu.OffsetInDbi);

    /// <summary>Control 2 as it reads now.</summary>
    internal IatuInboundControl2 Control => Registers.Control2.Read();

    /// <summary>The region is in effect.</summary>
    internal bool IsInForce => Control.Enable;

    private IatuInboundRegion Registers => _iatu.Inbound(Region);

    /// <summary>Leads BAR 0 to memory; in effect when <see cref="IsInForce"/> says so.</summary>
    internal void Write(ulong physicalAddress)
    {
        IatuInboundRegion region = Registers;
        region.LowerTarget.Write(new RegisterWord((uint)physicalAddress));
        region.UpperTarget.Write(new RegisterWord((uint)(physicalAddress >> 32)));
        region.Control1.Write(default);
        region.Control2.Write(default(IatuInboundControl2) with { Enable = true, BarMatchMode = true, FunctionNumberMatch = true, Bar = 0 });
    }

    /// <summary>Waits, asleep between two looks, until what was written is in effect.</summary>
    /// <exception cref="PlatformException">It does not come into effect, or the registers hold another address.</exception>
    internal void WaitUntilInForce(IBoardClock clock, long waitNanoseconds, ulong physicalAddress)
    {
        Deadline deadline = new(clock, waitNanoseconds);
        IatuInboundControl2 control = Control;
        while (!control.Enable)
        {
            if (!deadline.Pause(EnablePause))
            {
                throw new PlatformException(
                    $"rk3588: inbound region {Region} does not become enabled: CTRL2 at DBI {Iatu.OffsetInDbi + RegionOffset + 0x04:X}h reads "
                    + $"{control.Raw:X8}h after {waitNanoseconds / Millisecond} ms; wanted: bit 31");
            }

            control = Control;
        }

        uint low = Registers.LowerTarget.Read().Raw;
        uint high = Registers.UpperTarget.Read().Raw;
        if ((((ulong)high << 32) | low) != physicalAddress)
        {
            throw new PlatformException(
                $"rk3588: inbound region {Region} holds the target {high:X8}{low:X8}h instead of {physicalAddress:X16}h "
                + $"(DBI {Iatu.OffsetInDbi + RegionOffset + 0x14:X}h): is the memory aligned to 1 MiB, and this the unrolled address translation?");
        }
    }

    /// <summary>
    /// The host's accesses to BAR 0 are answered as unsupported from here on, until the region is written anew; a host that enables memory space
    /// again meets the same. The Command register is the host's and stays.
    /// </summary>
    internal void Refuse()
    {
        IatuInboundControl2 control = Control;
        if (control.Enable)
        {
            Registers.Control2.Write(control with { ResponseCode = UnsupportedRequest });

            // Read back: in force before anybody touches the memory.
            _ = Registers.Control2.Read();
        }
    }

    /// <summary>Regions that somebody before us has opened would let the host write to memory that is nobody's business of its.</summary>
    internal void CloseOthers(IEventLog log)
    {
        for (int region = Region + 1; region < Iatu.RegionCount; region++)
        {
            if (_iatu.Inbound(region).Control2.Read().Enable)
            {
                _iatu.Inbound(region).Control2.Write(default);
                log.Write("rk3588: inbound region {0} was open and is closed", region);
            }
        }
    }
}
