namespace Nvmepf.Firmware.Controller;

/// <summary>Current, default and saved values of every feature. PLACEHOLDER, being written.</summary>
public sealed class FeatureStore
{
    /// <summary>Creates the store with the defaults that the settings imply.</summary>
    public FeatureStore(ControllerSettings settings)
    {
    }

    /// <summary>Back to the values that a controller level reset leaves (NVMe Base 2.1 section 3.7.2).</summary>
    public void Reset()
    {
    }

    /// <summary>Commands that one submission queue may hand over in one visit (Arbitration Burst: 1 to 64, int.MaxValue for no limit).</summary>
    public int ArbitrationBurst => 64;

    /// <summary>Interrupt coalescing: completions gathered before an interrupt; 1 means none are gathered.</summary>
    public int CoalescingThreshold => 1;

    /// <summary>Interrupt coalescing: longest time a completion waits for company, in microseconds; 0 means no waiting.</summary>
    public uint CoalescingTimeMicroseconds => 0;

    /// <summary>True where coalescing is disabled for the vector.</summary>
    public bool IsCoalescingDisabled(int vector) => false;

    /// <summary>Keep alive timeout in milliseconds, 0 for none.</summary>
    public uint KeepAliveTimeoutMilliseconds => 0;
}
