using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// Temperature and critical warnings, and the events that tell a host of them (NVMe Base 2.1 sections 5.1.2, 5.1.12.1.3 and 5.1.25.1.3).
/// Whoever learns of a condition sets its field; <see cref="Evaluate"/> is called now and then and raises what is new.
/// </summary>
/// <remarks>
/// Not here: a sensor. No platform has one yet, and the standard has no value for "not reported": 0 K would show as -273 C and lie
/// below every threshold. So the composite temperature is a nominal room temperature until something measures a better one, and
/// the log's fields for real sensors stay 0 (not implemented), which tells a host that none was read.
/// </remarks>
public sealed class HealthMonitor
{
    private readonly SmartCounters _counters;
    private CriticalWarning _reported;
    private CriticalWarning _reportedOfGroup;
    private long _lastNanoseconds;
    private ulong _warningNanoseconds;
    private ulong _criticalNanoseconds;

    /// <summary>Creates it for the counters that tell of media errors.</summary>
    public HealthMonitor(SmartCounters counters) => _counters = counters;

    /// <summary>Composite temperature where nothing measures one: 25 C.</summary>
    public const ushort NominalTemperatureKelvin = 298;

    /// <summary>Identify Controller WCTEMP: 70 C, where drives of this class begin to throttle.</summary>
    public const ushort WarningTemperatureKelvin = 343;

    /// <summary>Identify Controller CCTEMP: 80 C.</summary>
    public const ushort CriticalTemperatureKelvin = 353;

    /// <summary>Composite temperature in kelvins.</summary>
    public ushort CompositeTemperatureKelvin { get; set; } = NominalTemperatureKelvin;

    /// <summary>A backend failed or lost data: reliability is degraded (critical warning bit 2), as it is after any media error.</summary>
    public bool IsReliabilityDegraded { get; set; }

    /// <summary>Every namespace has become read-only (critical warning bit 3).</summary>
    public bool IsMediaReadOnly { get; set; }

    /// <summary>The endurance group is on the Event Aggregate log.</summary>
    public bool HasEnduranceGroupEvent { get; set; }

    /// <summary>Minutes at or above WCTEMP and below CCTEMP.</summary>
    public uint WarningTemperatureMinutes => (uint)Math.Min(_warningNanoseconds / 60_000_000_000, uint.MaxValue);

    /// <summary>Minutes at or above CCTEMP.</summary>
    public uint CriticalTemperatureMinutes => (uint)Math.Min(_criticalNanoseconds / 60_000_000_000, uint.MaxValue);

    /// <summary>
    /// Warnings of a passthrough target, which are then the only ones: the host reads its log page and sets its thresholds. Null for own media.
    /// </summary>
    public CriticalWarning? OfTarget { get; set; }

    /// <summary>The warnings that hold now, against the host's temperature thresholds.</summary>
    public CriticalWarning Current(FeatureStore features)
    {
        if (OfTarget is CriticalWarning ofTarget)
        {
            return ofTarget;
        }

        CriticalWarning warning = CriticalWarning.None;
        ref readonly FeatureValues values = ref features.Current;
        if (CompositeTemperatureKelvin >= values.OverTemperatureKelvin || CompositeTemperatureKelvin <= values.UnderTemperatureKelvin)
        {
            warning |= CriticalWarning.TemperatureThreshold;
        }

        if (IsReliabilityDegraded || _counters.MediaErrors > 0)
        {
            warning |= CriticalWarning.NvmSubsystemReliabilityDegraded;
        }

        if (IsMediaReadOnly)
        {
            warning |= CriticalWarning.AllMediaReadOnly;
        }

        return warning;
    }

    /// <summary>
    /// Raises an event for every enabled warning that began since the last look. A condition that persists raises none again, unless
    /// the host switches its event off and on (Asynchronous Event Configuration).
    /// </summary>
    public void Evaluate(NvmeController controller, long nowNanoseconds)
    {
        CountTime(nowNanoseconds);
        CriticalWarning enabled = controller.Features.Current.AsynchronousEvents.CriticalWarnings;
        CriticalWarning now = Current(controller.Features) & enabled;
        CriticalWarning begun = now & ~_reported;
        _reported = now;
        if ((begun & CriticalWarning.TemperatureThreshold) != 0)
        {
            Raise(controller, SmartHealthEventInformation.TemperatureThreshold);
        }

        if ((begun & CriticalWarning.AvailableSpareBelowThreshold) != 0)
        {
            Raise(controller, SmartHealthEventInformation.SpareBelowThreshold);
        }

        if ((begun & ~(CriticalWarning.TemperatureThreshold | CriticalWarning.AvailableSpareBelowThreshold)) != 0)
        {
            Raise(controller, SmartHealthEventInformation.NvmSubsystemReliability);
        }

        EvaluateGroup(controller);
    }

    /// <summary>The same of the endurance group, whose events the host chooses by Endurance Group Event Configuration.</summary>
    private void EvaluateGroup(NvmeController controller)
    {
        CriticalWarning now = Current(controller.Features) & controller.Features.Current.EnduranceGroupWarnings;
        CriticalWarning begun = now & ~_reportedOfGroup;
        _reportedOfGroup = now;
        if (begun != CriticalWarning.None)
        {
            HasEnduranceGroupEvent = true;
            controller.Events.Raise(
                controller,
                (byte)AsynchronousEventType.Notice,
                (byte)NoticeEventInformation.EnduranceGroupEventAggregateLogPageChange,
                (byte)LogPageId.EnduranceGroupEventAggregate);
        }
    }

    /// <summary>Controller reset: the host that comes next has been told nothing.</summary>
    public void ForgetReports()
    {
        _reported = CriticalWarning.None;
        _reportedOfGroup = CriticalWarning.None;
        HasEnduranceGroupEvent = false;
    }

    private static void Raise(NvmeController controller, SmartHealthEventInformation information) => controller.Events.Raise(
        controller,
        (byte)AsynchronousEventType.SmartHealth,
        (byte)information,
        (byte)LogPageId.SmartHealthInformation);

    private void CountTime(long nowNanoseconds)
    {
        ulong elapsed = _lastNanoseconds == 0 ? 0 : (ulong)Math.Max(0, nowNanoseconds - _lastNanoseconds);
        _lastNanoseconds = nowNanoseconds;
        if (CompositeTemperatureKelvin >= CriticalTemperatureKelvin)
        {
            _criticalNanoseconds += elapsed;
        }
        else if (CompositeTemperatureKelvin >= WarningTemperatureKelvin)
        {
            _warningNanoseconds += elapsed;
        }
    }
}
