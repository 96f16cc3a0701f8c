using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Temperature Threshold, 04h (NVMe Base 2.1 section 5.1.25.1.3): over and under thresholds of the composite temperature. There is no other
/// sensor, and no hysteresis (TMPTHHA is 0, so the field is reserved).
/// </summary>
internal static unsafe class TemperatureThreshold
{
    private const byte Composite = 0;
    private const byte AllSensors = 0xF;
    private const byte SelectByte = 46;

    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.TemperatureThreshold,
        Name = "Temperature Threshold",
        CheckSet = &CheckSet,
        Set = &Set,
        CheckGet = &CheckGet,
        Get = &Get,
    };

    private static Status CheckSet(NvmeController controller, ref CommandSlot slot) => Check(ref slot, allowAll: true);

    private static Status CheckGet(NvmeController controller, ref CommandSlot slot) => Check(ref slot, allowAll: false);

    private static Status Check(ref CommandSlot slot, bool allowAll)
    {
        TemperatureThresholdFeature field = new(slot.Entry.Cdw11);
        if (field.ThresholdTemperatureSelect != Composite && !(allowAll && field.ThresholdTemperatureSelect == AllSensors))
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), SelectByte);
        }

        return field.ThresholdTypeSelect is ThresholdTypeSelect.OverTemperature or ThresholdTypeSelect.UnderTemperature
            ? Status.Success
            : slot.Blame(new Status(StatusCode.InvalidField, true), SelectByte, 4);
    }

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        TemperatureThresholdFeature wanted = new(slot.Entry.Cdw11);
        ref FeatureValues values = ref controller.Features.Current;
        if (wanted.ThresholdTypeSelect == ThresholdTypeSelect.OverTemperature)
        {
            values.OverTemperatureKelvin = wanted.TemperatureThresholdKelvin;
        }
        else
        {
            values.UnderTemperatureKelvin = wanted.TemperatureThresholdKelvin;
        }

        controller.Smart.Health.Evaluate(controller, controller.Platform.NowNanoseconds);
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault)
    {
        TemperatureThresholdFeature wanted = new(slot.Entry.Cdw11);
        ref readonly FeatureValues values = ref controller.Features.Values(isDefault);
        bool isOver = wanted.ThresholdTypeSelect == ThresholdTypeSelect.OverTemperature;
        slot.Result0 = new TemperatureThresholdFeature
        {
            TemperatureThresholdKelvin = isOver ? values.OverTemperatureKelvin : values.UnderTemperatureKelvin,
            ThresholdTypeSelect = wanted.ThresholdTypeSelect,
        }.Raw;
    }
}
