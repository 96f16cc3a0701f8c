using System.Runtime.CompilerServices;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Firmware.Queues;

/// <summary>
/// One doorbell in BAR 0 (NVMe over PCIe 1.1 section 3.1.2): the host stores, the firmware loads. The firmware itself stores nothing but 0,
/// and only over something else: where host and firmware have no coherent view, a store of ours can take neighbouring doorbells along.
/// </summary>
internal readonly unsafe struct Doorbell
{
    private readonly IPlatform _platform;
    private readonly uint _offsetBytes;
    private readonly uint* _word; // in BAR 0, which outlives every queue

    /// <summary>Names the doorbell at an offset of BAR 0.</summary>
    public Doorbell(IPlatform platform, uint offsetBytes)
    {
        _platform = platform;
        _offsetBytes = offsetBytes;
        _word = platform.Bar0.Word32(offsetBytes);
    }

    /// <summary>What stands there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Read() => Mmio.Read32(_word);

    /// <summary>Makes it 0, for the host as well.</summary>
    /// <returns>True where it was not.</returns>
    public bool Clear()
    {
        if (Read() == 0)
        {
            return false;
        }

        Mmio.Write32(_word, 0);
        _platform.PublishBar0(_offsetBytes, sizeof(uint));
        return true;
    }
}
