using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>Who answers.</summary>
public enum PassthroughRoute : byte
{
    /// <summary>Nobody: refused as if it did not exist.</summary>
    Refused,

    /// <summary>This firmware, as for any subsystem: what belongs to the connection between it and its host.</summary>
    Own,

    /// <summary>The target.</summary>
    Target,

    /// <summary>The target as far as a host reads it; a Set is refused.</summary>
    TargetReadOnly,

    /// <summary>The target, and what is refused here is taken out of its answer.</summary>
    Corrected,
}

/// <summary>
/// The filter of a passthrough subsystem: who answers for each log page, feature and Identify structure. Opcodes are rows of
/// <see cref="PassthroughTable"/>. What is not listed is refused.
/// </summary>
/// <remarks>
/// The rule behind the rows: queues, interrupts, events, keep alive and host identity are between this controller and its host, so they are
/// ours; the media, its health, power and limits are the target's. What changes the target for its other hosts (firmware, formats,
/// namespaces, security, sanitize, reservations) is refused, as Linux's target does.
/// </remarks>
public static class PassthroughFilter
{
    private static readonly PassthroughRoute[] s_logPages = LogPages();
    private static readonly PassthroughRoute[] s_features = Features();

    /// <summary>Who answers for a log page.</summary>
    public static PassthroughRoute Of(LogPageId identifier) => s_logPages[(byte)identifier];

    /// <summary>Who answers for a feature.</summary>
    public static PassthroughRoute Of(FeatureId identifier) => s_features[(byte)identifier];

    /// <summary>Bytes of data of a feature that goes to the target; 0 for a value that is a dword.</summary>
    public static uint DataLengthBytes(FeatureId identifier) => identifier switch
    {
        FeatureId.LbaRangeType => 4096,
        FeatureId.AutonomousPowerStateTransition => 256,
        FeatureId.Timestamp => 8,
        FeatureId.PredictableLatencyModeConfig => 512,
        _ => 0,
    };

    private static PassthroughRoute[] LogPages()
    {
        PassthroughRoute[] routes = new PassthroughRoute[256];
        routes[(byte)LogPageId.SupportedLogPages] = PassthroughRoute.Corrected;
        routes[(byte)LogPageId.ErrorInformation] = PassthroughRoute.Own;
        routes[(byte)LogPageId.SmartHealthInformation] = PassthroughRoute.Target;
        routes[(byte)LogPageId.FirmwareSlotInformation] = PassthroughRoute.Target;
        routes[(byte)LogPageId.ChangedAttachedNamespaceList] = PassthroughRoute.Own;
        routes[(byte)LogPageId.CommandsSupportedAndEffects] = PassthroughRoute.Corrected;
        routes[(byte)LogPageId.DeviceSelfTest] = PassthroughRoute.Target;
        routes[(byte)LogPageId.TelemetryHostInitiated] = PassthroughRoute.Target;
        routes[(byte)LogPageId.TelemetryControllerInitiated] = PassthroughRoute.Target;
        routes[(byte)LogPageId.EnduranceGroupInformation] = PassthroughRoute.Target;
        routes[(byte)LogPageId.PredictableLatencyPerNvmSet] = PassthroughRoute.Target;
        routes[(byte)LogPageId.PersistentEvent] = PassthroughRoute.Target;
        routes[(byte)LogPageId.LbaStatusInformation] = PassthroughRoute.Target;
        routes[(byte)LogPageId.MediaUnitStatus] = PassthroughRoute.Target;
        routes[(byte)LogPageId.FeatureIdentifiersSupportedAndEffects] = PassthroughRoute.Corrected;
        routes[(byte)LogPageId.RotationalMediaInformation] = PassthroughRoute.Target;
        routes[(byte)LogPageId.SanitizeStatus] = PassthroughRoute.Target;
        Array.Fill(routes, PassthroughRoute.Target, 0xC0, 0x40); // vendor specific
        return routes;
    }

    private static PassthroughRoute[] Features()
    {
        PassthroughRoute[] routes = new PassthroughRoute[256];
        ReadOnlySpan<FeatureId> own =
        [
            FeatureId.Arbitration, FeatureId.NumberOfQueues, FeatureId.InterruptCoalescing, FeatureId.InterruptVectorConfiguration,
            FeatureId.AsynchronousEventConfiguration, FeatureId.KeepAliveTimer, FeatureId.HostBehaviorSupport, FeatureId.IoCommandSetProfile,
            FeatureId.HostIdentifier,
        ];
        ReadOnlySpan<FeatureId> target =
        [
            FeatureId.PowerManagement, FeatureId.LbaRangeType, FeatureId.TemperatureThreshold, FeatureId.ErrorRecovery,
            FeatureId.VolatileWriteCache, FeatureId.WriteAtomicityNormal, FeatureId.AutonomousPowerStateTransition, FeatureId.Timestamp,
            FeatureId.HostControlledThermalManagement, FeatureId.NonOperationalPowerStateConfig, FeatureId.ReadRecoveryLevelConfig,
            FeatureId.PredictableLatencyModeConfig, FeatureId.PredictableLatencyModeWindow, FeatureId.SanitizeConfig,
        ];
        foreach (FeatureId identifier in own)
        {
            routes[(byte)identifier] = PassthroughRoute.Own;
        }

        foreach (FeatureId identifier in target)
        {
            routes[(byte)identifier] = PassthroughRoute.Target;
        }

        routes[(byte)FeatureId.FlexibleDataPlacement] = PassthroughRoute.TargetReadOnly;
        Array.Fill(routes, PassthroughRoute.Target, 0xC0, 0x40); // vendor specific
        return routes;
    }
}
