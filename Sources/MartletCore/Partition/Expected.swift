/// What must be there by the partition's own rules. Where it is not, memory and log no longer agree, and to go on would
/// write that down.
func expected<Value>(_ value: Value?, _ otherwise: @autoclosure () -> String) -> Value {
    guard let value else { preconditionFailure(otherwise()) }
    return value
}
