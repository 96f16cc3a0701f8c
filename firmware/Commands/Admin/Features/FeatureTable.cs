using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Every feature that the controller knows, one row each, and the checks that Get and Set Features share. An identifier without a row is
/// answered with Invalid Field.
/// </summary>
public static unsafe class FeatureTable
{
    private const byte NamespaceByte = 4;
    private const byte FeatureByte = 40;

    private static readonly FeatureDescriptor?[] s_rows = Index(
    [
        Arbitration.Row,
        PowerManagement.Row,
        TemperatureThreshold.Row,
        ErrorRecovery.Row,
        WriteCache.Row,
        NumberOfQueues.Row,
        InterruptCoalescing.Row,
        InterruptVectorConfiguration.Row,
        WriteAtomicityNormal.Row,
        AsynchronousEventConfiguration.Row,
        Timestamp.Row,
        KeepAliveTimeout.Row,
        HostBehavior.Row,
        EnduranceGroupEvents.Row,
        IoCommandSetProfile.Row,
        HostIdentifier.Row,
        ReservationNotificationMask.Row,
        ReservationPersistence.Row,
        NamespaceWriteProtection.Row,
    ]);

    /// <summary>The row of a feature, supported by every controller or not; or null.</summary>
    internal static FeatureDescriptor? Row(FeatureId identifier) => s_rows[(byte)identifier];

    /// <summary>True where the feature has a row, supported by every controller or not.</summary>
    public static bool IsKnown(FeatureId identifier) => s_rows[(byte)identifier] is not null;

    /// <summary>The row of a feature that this controller supports, or null.</summary>
    public static FeatureDescriptor? Find(NvmeController controller, FeatureId identifier)
    {
        FeatureDescriptor? row = s_rows[(byte)identifier];
        return row is not null && row.IsSupported != null && !row.IsSupported(controller) ? null : row;
    }

    /// <summary>
    /// Checks NSID against the scope of the feature (NVMe Base 2.1 section 4.4) and sets <see cref="CommandSlot.NamespaceIndex"/> for a
    /// feature that is namespace specific; -1 there means all namespaces.
    /// </summary>
    public static Status CheckNamespace(NvmeController controller, FeatureDescriptor row, ref CommandSlot slot, bool isSet)
    {
        uint identifier = slot.Entry.NamespaceIdentifier;
        bool isBroadcast = identifier == SubmissionQueueEntry.BroadcastNamespaceIdentifier;
        slot.NamespaceIndex = -1;
        if (row.IsNamespaceSpecific)
        {
            slot.NamespaceIndex = controller.Namespaces.IndexOf(identifier);
            if (slot.NamespaceIndex >= 0 && controller.Namespaces[slot.NamespaceIndex].Gate.Check(CommandAccess.None) is { IsError: true } refused)
            {
                return refused; // the path to the namespace is lost
            }

            return slot.NamespaceIndex >= 0 || (isSet && isBroadcast)
                ? Status.Success
                : slot.Blame(new Status(StatusCode.InvalidNamespaceOrFormat, true), NamespaceByte);
        }

        // Reading a controller's value through a namespace is harmless; setting it would reach further than the host says.
        if (!isSet || identifier == 0 || isBroadcast)
        {
            return Status.Success;
        }

        StatusCode code = controller.Namespaces.IndexOf(identifier) >= 0
            ? StatusCode.FeatureNotNamespaceSpecific
            : StatusCode.InvalidNamespaceOrFormat;
        return slot.Blame(new Status(code, true), NamespaceByte);
    }

    /// <summary>The status of an identifier without a row.</summary>
    public static Status Unknown(ref CommandSlot slot) => slot.Blame(new Status(StatusCode.InvalidField, true), FeatureByte);

    private static FeatureDescriptor?[] Index(FeatureDescriptor[] rows)
    {
        FeatureDescriptor?[] table = new FeatureDescriptor?[256];
        foreach (FeatureDescriptor row in rows)
        {
            if (table[(byte)row.Id] is not null)
            {
                throw new InvalidOperationException($"feature {(byte)row.Id:X2}h has two rows");
            }

            table[(byte)row.Id] = row;
        }

        return table;
    }
}
